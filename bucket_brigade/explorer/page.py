"""The page: a bundle, the scripts and the styles of `static/` in one HTML document.

A content security policy allows exactly these scripts and styles, by their hashes, and nothing
from anywhere else. The bundle is JSON that can't end its element, whatever names files hold.
"""

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from bucket_brigade.atomic_files import write_text
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.explorer.bundle import Bundle, bundled
from bucket_brigade.summaries import cut, escaped

__all__ = ["Page", "explore", "html_page"]

_STATIC = files("bucket_brigade.explorer") / "static"
#: Scripts before and after those of the views, which stand in alphabetical order.
_FIRST = ("uplot.min.js", "tools.js", "ring.js", "chart.js")
_LAST = ("app.js",)

#: Signs that could end the element that holds JSON, or a line of script in an old browser.
_UNSAFE = re.compile("[<>&\u2028\u2029]")

#: Height of a page within a notebook, in pixels.
_HEIGHT = 760


@dataclass(frozen=True, repr=False)
class Page:
    """A page that shows what it was made of, and needs no other file and no network.

    In a notebook it shows itself.

    Attributes
    ----------
    title : str
        What it is called.
    html : str
        The whole document.
    """

    title: str
    html: str = field(compare=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, whole or not at all; ``-`` is standard output.

        Raises
        ------
        OSError
            If that fails.
        """
        write_text(self.html, path)

    def __repr__(self) -> str:
        return f"Page: {cut(self.title)}, {len(self.html) / 1e6:.2f} MB; save(path) writes it"

    def _repr_html_(self) -> str:
        # The sandbox keeps the page's script from the notebook's own.
        return (
            f'<iframe title="{escaped(self.title)}" sandbox="allow-scripts" width="100%" '
            f'height="{_HEIGHT}" srcdoc="{html.escape(self.html)}"></iframe>'
        )


def explore(*things: object, title: str | None = None) -> Page:
    """Make a page to look at games, episodes, equilibria, sweeps and learning.

    Parameters
    ----------
    *things
        What to show: an `Episode`, which is replayed from its beginning; a `SimulationResult`, of
        which the first episode is (`SimulationResult.episode` gives any other); a list of `Night`;
        equilibria, judgements, optima and payoff matrices; policies; a `SweepTable`; a list of
        records of learning; the path of a file that a command saved; or a list of such things. Of
        episodes with the same scenario, seed and number, two at a time are shown side by side;
        policies of one scenario are browsed together.
    title : str, optional
        What the page is called.

    Returns
    -------
    Page
        It shows itself in a notebook; ``page.save("page.html")`` writes it.

    Raises
    ------
    InvalidValue
        If there is nothing to show, or something that can't be shown.
    InvalidFile
        If a file is damaged, or holds nothing that can be shown.
    OSError
        If a file can't be read.

    Examples
    --------
    ::

        episode = bb.Episode(bb.scenario("hard"), ["hero"] * 4, seed=7, episode=36)
        bb.explore(episode).save("page.html")
    """
    if not things:
        raise InvalidValue("things", "none", "at least one to show")
    if title is not None and not isinstance(title, str):
        raise InvalidValue("title", shown(title), "text")
    bundle = bundled(things, title if title is not None else "Bucket Brigade")
    return Page(bundle["title"], html_page(bundle))


def html_page(bundle: Bundle, connect: Iterable[str] = ()) -> str:
    """A bundle as an HTML document.

    Parameters
    ----------
    bundle : dict
        See `bundle.bundled`.
    connect : iterable of str
        Sources, as a content security policy has them, that the page may ask for data.
    """
    scripts, styles = [_read(name) for name in _scripts()], [_read(name) for name in _styles()]
    policy = {
        "default-src": ["'none'"],
        "script-src": [_hashed(script) for script in scripts],
        "style-src": [_hashed(style) for style in styles],
        "connect-src": list(connect) or ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    parts = {
        "policy": "; ".join(f"{name} {' '.join(of)}" for name, of in policy.items()),
        "title": escaped(bundle["title"]),
        "styles": "".join(f"<style>{style}</style>\n" for style in styles),
        "bundle": _as_json(bundle),
        "scripts": "".join(f"<script>{script}</script>\n" for script in scripts),
    }
    # In one pass, so that no part is searched for the names of others.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _read("explore.html"))


def _as_json(bundle: Bundle) -> str:
    """JSON without the signs that mean something in HTML."""
    text = json.dumps(bundle, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _hashed(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _scripts() -> list[str]:
    """Names of the scripts in the order in which they run."""
    views = set(_named(".js")) - {*_FIRST, *_LAST}
    return [*_FIRST, *sorted(views), *_LAST]


def _styles() -> list[str]:
    # The library's first, for ours to change.
    return sorted(_named(".css"), key=lambda name: (not name.startswith("uplot"), name))


def _named(ending: str) -> list[str]:
    return [each.name for each in _STATIC.iterdir() if each.name.endswith(ending)]
