"""JSON files: strict about numbers, and each is parsed once."""

import codecs
import json

import pytest

import bucket_brigade as bb
from bucket_brigade.explorer import documents
from bucket_brigade.explorer.documents import parse_json, read_json

REFUSED = [
    ("NaN", "holds NaN"),
    ("-Infinity", "holds -Infinity"),
    ("1e999", "too large: 1e999"),
    ("-" + "9" * 400, "too large: -99"),
    ("9" * 5000, "too large"),
    ("[" * 200_000, "nests too deeply"),
    ('{"a":' * 200_000, "nests too deeply"),
]


@pytest.mark.parametrize(("text", "wrong"), REFUSED)
def test_what_pages_cannot_hold_is_refused(text, wrong, tmp_path) -> None:
    for content in (text, '{"a": [' + text + "]}"):
        with pytest.raises(ValueError, match=wrong):
            parse_json(content)
        file = tmp_path / "file.json"
        file.write_text(content)
        with pytest.raises(bb.InvalidFile, match=wrong) as refused:
            read_json(file)
        assert len(str(refused.value)) < 400
        with pytest.raises(bb.InvalidFile, match=wrong):
            bb.explore(file)


def test_what_json_is(tmp_path) -> None:
    file = tmp_path / "file"
    value = {"seed": 2**64 - 1, "payoff": -1.5e300, "name": "\ufeff火", "none": None}
    for mark in (b"", codecs.BOM_UTF8):
        file.write_bytes(mark + json.dumps(value).encode())
        assert read_json(file) == value
    for other in (b"", b"no JSON", b"{} {}", b"\xff{}", b"PK\x03\x04"):
        file.write_bytes(other)
        assert read_json(file) is None


def test_a_file_is_parsed_once_until_it_changes(tmp_path, monkeypatch) -> None:
    asked: list[str] = []
    loads = json.loads
    monkeypatch.setattr(
        documents.json, "loads", lambda text, **how: (asked.append(text), loads(text, **how))[1]
    )
    file = tmp_path / "optimum.json"
    game = bb.scenario("default").replace(num_houses=3, num_agents=2, max_nights=20)
    file.write_text(json.dumps({"optima": [bb.team_optimum(game).to_dict()]}))
    assert bb.explore(file)
    assert read_json(file)
    assert len(asked) == 1
    file.write_text('{"changed": true}')
    assert read_json(file) == {"changed": True}
