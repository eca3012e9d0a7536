"""A real browser for pages: Debian's Chromium without a window, driven by Playwright.

Where either is missing, tests that need it are skipped, and say so. One browser serves all tests
of a process. Whatever a page does that it must not (an error in its console, a request to anywhere,
a breach of its content security policy) fails the test that opened it.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bucket_brigade.explorer import Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)

#: Opens a page in a window of a size and returns Playwright's page.
Open = Callable[..., Any]

_REPORT_BREACHES = """
window.breaches = [];
addEventListener('securitypolicyviolation', (event) =>
  window.breaches.push(`${event.violatedDirective} by ${event.sourceFile}:${event.lineNumber}`));
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium (Debian: apt install chromium)")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM)
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a `Page` (from a file), or an address, and checks in the end that it behaved.

    With ``errors=[...]`` its errors are put there instead.
    """
    opened: list[tuple[Any, list[str], list[str]]] = []

    def open_it(
        shown: Page | str,
        *,
        width: int = 1100,
        height: int = 900,
        errors: list[str] | None = None,
        **options: Any,
    ) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(20_000)
        window = context.new_page()
        window.add_init_script(_REPORT_BREACHES)
        wrong: list[str] = [] if errors is None else errors
        asked: list[str] = []
        window.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        window.on("pageerror", lambda error: wrong.append(str(error)))
        window.on("request", lambda request: asked.append(request.url))
        address = shown
        if isinstance(shown, Page):
            file = tmp_path / f"page-{len(opened)}.html"
            shown.save(file)
            address = file.as_uri()
        opened.append((window, wrong if errors is None else [], asked))
        window.goto(address)
        return window

    yield open_it
    for window, wrong, asked in opened:
        assert window.evaluate("window.breaches") == []
        assert wrong == []
        home = window.url.split("#")[0]
        own = home if home.startswith("file:") else "/".join(home.split("/")[:3])
        assert [url for url in asked if not url.startswith((own, "blob:", "data:"))] == []
        window.context.close()
