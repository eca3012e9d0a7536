"""A page to look at games, episodes, equilibria, sweeps and learning: one HTML file that needs
nothing else.

What is shown is first described as plain data, the *bundle* (`bundle`, with a module for each kind
of thing), which goes into a page with the scripts of `static/` (`page`) or is asked for from a
running program (`serve`).
"""

from bucket_brigade.explorer.page import Page, explore

__all__ = ["Page", "explore"]
