"""``python -m docs._generate api``: the reference of the API, from docstrings, with the guides.

Writes HTML by pdoc (extra ``docs``): a page for each public module, of `bucket_brigade` and, where
it is installed, of `bucket_brigade_cuda`; and a page for each Markdown file of the project. What
pdoc warns of, and links that lead nowhere, are errors.
"""

import argparse
import importlib.util
import os
import re
import shutil
import sys
import warnings
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
#: The public modules of the package; of those without ``__all__`` all modules inside.
PUBLIC = [
    "bucket_brigade",
    *(
        f"bucket_brigade.{name}"
        for name in ("backends", "counts", "envs", "equilibrium", "errors", "evaluation", "exact")
    ),
    *(f"bucket_brigade.envs.{name}" for name in ("gymnasium", "pettingzoo")),
    *(f"bucket_brigade.{name}" for name in ("game", "policies", "simulation")),
]


def guides() -> dict[Path, str]:
    """Return the Markdown files of the project, and the names of their pages."""
    pages = {ROOT / "README.md": "guide"}
    for name in ("CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md", "validation/README.md"):
        stem = name.removesuffix("/README.md").removesuffix(".md").lower()
        pages[ROOT / name] = f"guide.{stem}"
    return pages | {file: f"guide.{file.stem}" for file in sorted((ROOT / "docs").glob("*.md"))}


def page_of(module: str) -> str:
    """Return the file of a page, relative to the folder of all."""
    return module.replace(".", "/") + ".html"


def linked(text: str, file: Path, pages: dict[Path, str]) -> str:
    """Let links to other guides lead to their pages, and make other files plain text."""
    here = Path(page_of(pages[file])).parent

    def to_page(found: re.Match[str]) -> str:
        label, target, anchor = found.groups()
        other = (file.parent / target).resolve()
        if other not in pages:
            return label
        return f"[{label}]({os.path.relpath(page_of(pages[other]), here)}{anchor or ''})"

    return re.sub(r"(?<!!)\[([^]]+)\]\(([^)#:]+)(#[^)]*)?\)", to_page, text)


def guide_modules() -> list[ModuleType]:
    """Return a module for each guide, whose docstring is its text."""
    modules, pages = [], guides()
    for file, name in pages.items():
        module = ModuleType(name, linked(file.read_text(encoding="utf-8"), file, pages))
        module.__file__ = str(file)
        module.__dict__.update(__docformat__="markdown", __all__=[])
        modules.append(module)
    # The first is the package that the others belong to.
    modules[0].__path__ = []
    for module in modules[1:]:
        name = module.__name__.removeprefix("guide.")
        setattr(modules[0], name, module)
        modules[0].__dict__["__all__"].append(name)
    return modules


class Anchors(HTMLParser):
    """The names and the links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the name of an element, and where it links to."""
        given = dict(attrs)
        self.names.add(given.get("id") or "")
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))


def broken_links(out: Path) -> list[str]:
    """Return the links of pages in a folder that lead to no page, or to none of its names."""
    pages = {file.resolve(): Anchors(file.read_text("utf-8")) for file in out.rglob("*.html")}
    broken = []
    for file, page in pages.items():
        for link in page.links:
            if "://" in link:
                continue
            target, _, name = link.partition("#")
            other = pages.get((file.parent / target).resolve() if target else file)
            if other is None or (name and name not in other.names):
                broken.append(f"{file.relative_to(out.resolve())}: {link}")
    return broken


def write(out: Path) -> None:
    """Write all pages."""
    import pdoc

    pdoc.render.configure(docformat="numpy", show_source=False, search=True)
    specs = list(PUBLIC)
    if importlib.util.find_spec("bucket_brigade_cuda"):
        # Its modules are for contributors, but for the package itself.
        specs += ["bucket_brigade_cuda", r"!bucket_brigade_cuda\."]
    modules = {m.__name__: pdoc.doc.Module(m) for m in guide_modules()}
    modules |= {name: pdoc.doc.Module.from_name(name) for name in pdoc.extract.walk_specs(specs)}
    for name, module in modules.items():
        file = out / page_of(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(pdoc.render.html_module(module, modules), encoding="utf-8")
    (out / "index.html").write_text(pdoc.render.html_index(modules), encoding="utf-8")
    (out / "search.js").write_text(pdoc.render.search_index(modules), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages anew; the exit code, 1 if something is wrong with them."""
    parser = argparse.ArgumentParser(prog="python -m docs._generate api", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/docs"), help="a folder")
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("pdoc") is None:
        print("The reference needs pdoc: pip install '.[docs]'", file=sys.stderr)
        return 2
    shutil.rmtree(options.out, ignore_errors=True)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        write(options.out)
    # The extension's stubs name types that it does not have itself.
    said = [str(each.message) for each in told]
    problems = [text for text in said if "bucket_brigade._core" not in text]
    problems += broken_links(options.out)
    print("\n".join(problems) or f"{options.out / 'index.html'} is written", file=sys.stderr)
    return 1 if problems else 0
