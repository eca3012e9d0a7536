"""Baselines: the same game as a user had it, or would write it, each an honest best effort.

Every module but `common` has a function `play` for line-ups of heuristic agents, under all rules,
which returns a `common.Played`.
"""
