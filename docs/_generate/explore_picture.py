"""``python -m docs._generate explore-picture``: docs/explore.png, a page as a browser shows it.

Needs Playwright (extra ``dev``) and Chromium.
"""

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import bucket_brigade as bb
from bench.options import file_to_write

LINEUPS = (["hero", "hero", "free_rider", "liar"], ["hero", "coordinator", "hero", "liar"])
SEED, EPISODE, NIGHT = 7, 1442, 14
SIZE = {"width": 1100, "height": 945}


def main(arguments: Sequence[str] | None = None) -> int:
    """Takes the picture; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m docs._generate explore-picture",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = Path("docs/explore.png")
    parser.add_argument("--out", type=file_to_write, default=default, help="what to write (PNG)")
    options = parser.parse_args(arguments)
    game = bb.scenario("default")
    episodes = [bb.Episode(game, each, seed=SEED, episode=EPISODE) for each in LINEUPS]
    found = bb.DoubleOracle(game, method="exact").solve()  # so that there is another tab
    page = bb.explore(*episodes, found)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        page.save(file)
        take(file, options.out)
    return 0


def take(page: Path, picture: Path) -> None:
    """Opens a page, goes to the night, and takes its picture."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"))
        window = browser.new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
        window.goto(page.resolve().as_uri())
        for _ in range(NIGHT + 1):
            window.keyboard.press("ArrowRight")
        window.screenshot(path=picture)
        browser.close()
