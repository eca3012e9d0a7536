"""The section on other processors: what is measured, what is a model, and what a guess."""

from collections.abc import Mapping

from bench.report import short_commit
from docs._generate.performance.stored import Figures


def _instructions(figures: Figures | None, path: str) -> Figures | None:
    """The first loop of a path that plays."""
    for x in (figures or {}).get("loops", []):
        if x["loop"] == "play" and x["path"] == path:
            found: Figures = x
            return found
    return None


def _where(figures: Figures) -> str:
    """The machine and the commit of stored figures."""
    return f"{figures['machine']['cpu']}, commit `{short_commit(figures['commit'])}`"


def elsewhere_section(found: Mapping[str, Figures]) -> list[str]:
    """Other processors: what is measured, what is a model, and what a guess."""
    lines = []
    paths = found.get("throughput_avx512", {}).get("paths", {})
    calls = {
        x["path"]: x["instructions_per_call"]
        for x in found.get("instructions_avx512", {}).get("loops", [])
        if x["loop"] == "philox"
    }
    text = (
        "- **AVX-512** has twice the words in a register, and operations on three operands at once."
    )
    if {"avx2", "avx512"} <= paths.keys():
        here = {path: paths[path]["nights_per_second"] / 1e6 for path in ("avx2", "avx512")}
        text += (
            f" On a machine that has both ({_where(found['throughput_avx512'])}), one thread "
            f"played {here['avx512']:.0f} M nights/s where AVX2 played {here['avx2']:.0f} M, "
            f"{here['avx512'] / here['avx2']:.2f} times as many."
        )
    if {"avx2", "avx512"} <= calls.keys():
        text += (
            f" Counted: a Philox call for all words takes {calls['avx512']:.0f} instructions "
            f"instead of {calls['avx2']:.0f}, for twice as many planes: "
            f"{2 * calls['avx2'] / calls['avx512']:.2f} times as many planes an instruction."
            " A processor that runs 512-bit multiplications at the rate of 256-bit ones should "
            "come nearer to this (a guess: none was at hand)."
        )
    lines.append(text)
    text = (
        "- **NEON** has no path of its own: `portable8` is compiled for it. Its registers hold "
        "half the words of AVX2. A model: at best, the instructions for a night of AVX2, twice"
    )
    avx2 = _instructions(found.get("instructions"), "avx2")
    portable = _instructions(found.get("instructions"), "portable8")
    if avx2 is not None:
        text += f", {2 * avx2['instructions_per_night']:.0f} for {avx2['name']}"
        if portable is not None:
            text += (
                f" (`portable8` on this machine, with the instructions that every x86-64 has: "
                f"{portable['instructions_per_night']:.0f})"
            )
    lines.append(text + ". Nobody has measured one.")
    return lines
