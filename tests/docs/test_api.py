"""The reference of the API: guides link to each other's pages, and broken links are found."""

from pathlib import Path

import pytest

from docs._generate import api


def test_links_between_guides_lead_to_their_pages() -> None:
    pages = api.guides()
    rules, readme = api.ROOT / "docs/rules.md", api.ROOT / "README.md"
    others = "[c](https://x.y), [d](#here), ![e](e.svg)"
    text = f"[a](randomness.md#the-draws), [b](../README.md), {others}"
    assert api.linked(text, rules, pages) == (
        f"[a](randomness.html#the-draws), [b](../guide.html), {others}"
    )
    text = "[a](docs/rules.md), [b](LICENSE), [c](bench/README.md)"
    assert api.linked(text, readme, pages) == "[a](guide/rules.html), b, [c](guide/bench.html)"


def test_guides_are_the_files_that_there_are() -> None:
    assert all(file.is_file() for file in api.guides())
    assert len(set(api.guides().values())) == len(api.guides())


def test_broken_links_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "a.html").write_text('<p id="x"><a href="in/b.html#y">b</a> <a href="#x">x</a>')
    (folder / "b.html").write_text('<p id="y"><a href="../a.html#x">a</a><a href="https://x.y">')
    assert api.broken_links(tmp_path) == []
    (folder / "b.html").write_text('<p id="z"><a href="../c.html">c</a>')
    assert sorted(api.broken_links(tmp_path)) == ["a.html: in/b.html#y", "in/b.html: ../c.html"]


def test_the_reference_is_written(tmp_path: Path) -> None:
    pytest.importorskip("pdoc")
    assert api.main(["--out", str(tmp_path / "docs")]) == 0
    page = (tmp_path / "docs/bucket_brigade.html").read_text(encoding="utf-8")
    assert 'id="simulate"' in page
    assert (tmp_path / "docs/guide/rules.html").is_file()
