"""The docstrings of public names: what they are, in a sentence, and every parameter of a call."""

import dataclasses
import enum
import inspect
import re
from types import ModuleType

import pytest

import bucket_brigade
from bucket_brigade import backends, counts, envs, equilibrium, exact, simulation

MODULES: list[ModuleType] = [
    *(bucket_brigade, backends, counts, envs, equilibrium, exact, simulation),
]
OBJECTS = {
    name if module is bucket_brigade else f"{module.__name__.partition('.')[2]}.{name}": thing
    for module in MODULES
    for name in module.__all__
    if inspect.isfunction(thing := getattr(module, name)) or inspect.isclass(thing)
}
#: A sentence that starts so goes on from something that is not there.
FRAGMENTS = {
    *("as", "by", "from", "how", "it", "its", "nothing", "of", "some", "that", "their"),
    *("them", "these", "they", "this", "those", "what", "when", "where", "whether", "which", "who"),
}
SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", re.MULTILINE)


def named(docstring: str) -> set[str]:
    """Names that the sections Parameters and Attributes of a docstring explain."""
    parts = SECTION.split(docstring)
    found: set[str] = set()
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        if title in ("Parameters", "Attributes"):
            for line in body.splitlines():
                if line and not line.startswith(" "):
                    names = line.partition(" : ")[0].split(",")
                    found |= {name.strip(" *") for name in names}
    return found


@pytest.mark.parametrize("name", OBJECTS)
def test_the_first_sentence_stands_by_itself(name: str) -> None:
    docstring = inspect.getdoc(OBJECTS[name])
    assert docstring, "has no docstring"
    first = docstring.split("\n\n")[0].replace("\n", " ")
    assert first.endswith("."), first
    sentence = re.split(r"(?<=[.:])\s", first)[0]
    assert len(sentence.split()) >= 3, sentence
    assert sentence[0].isupper() or sentence[0] in "`0123456789(", sentence
    assert sentence.split()[0].lower().strip("`,.") not in FRAGMENTS, sentence


@pytest.mark.parametrize("name", OBJECTS)
def test_every_parameter_is_explained(name: str) -> None:
    thing = OBJECTS[name]
    if inspect.isclass(thing):
        if issubclass(thing, BaseException | enum.Enum | tuple) or "Protocol" in str(thing.__mro__):
            return
        if dataclasses.is_dataclass(thing):
            parameters = {field.name for field in dataclasses.fields(thing) if field.init}
        else:
            parameters = set(inspect.signature(thing).parameters)
        constructor = inspect.getdoc(thing.__init__) or ""
    else:
        parameters, constructor = set(inspect.signature(thing).parameters), ""
    explained = named(inspect.getdoc(thing) or "") | named(constructor)
    missing = {p.strip("*") for p in parameters if not p.startswith("_")} - explained
    assert not missing, f"does not explain {', '.join(sorted(missing))}"


def test_a_missing_parameter_is_found() -> None:
    text = "Do it.\n\nParameters\n----------\na, b : int\n    Two.\n*rest\n    Others.\n\n"
    text += "Returns\n-------\nint\n"
    assert named(text) == {"a", "b", "rest"}
