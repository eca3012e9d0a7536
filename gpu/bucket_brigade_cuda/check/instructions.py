"""How many lanes of an instruction a multiprocessor starts per clock: small measurements.

The model of GPUs (`ptx_on_cpu.gpus.LANES`) stands on these figures. Each kernel here, written in
PTX, repeats an instruction in eight chains of dependent results, and reads the multiprocessor's own
clock before and after. The driver assembles it, so nothing has to be installed but the driver.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from bucket_brigade_cuda.devices.cupy_device import CupyDevice

__all__ = ["BENCHES", "ENTRY", "Bench", "bench_ptx", "measure_instructions"]

#: Dependent chains of a thread, repeats in the body of the loop, and turns of the loop.
CHAINS, REPEATS, ROUNDS = 8, 32, 128
#: Threads of the one CUDA block that each multiprocessor gets: 32, 16 and 8 warps.
THREADS = (1024, 512, 256)
#: Times a kernel is launched; the last counts, when clocks have settled.
LAUNCHES = 3
ENTRY = "bench"


@dataclass(frozen=True)
class Bench:
    """An instruction, or a mixture, to measure.

    Attributes
    ----------
    name : str
    unit : str
        The class of `ptx_on_cpu.gpus.LANES` that it stands for; empty for a mixture.
    body : callable
        From the number of a chain to PTX that goes on with it: `%a` and `%w` followed by the number
        are its 32-bit and its 64-bit register; `%b`, `%c` are numbers unknown to the compiler.
    per_step : int
        Instructions of one step of a chain.
    opcodes : tuple of str
        How the machine instructions begin that steps become. Additions become two kinds, half of
        them each: the assembler shares them out among two units.
    """

    name: str
    unit: str
    body: Callable[[int], str]
    per_step: int
    opcodes: tuple[str, ...]


def other(chain: int, step: int) -> str:
    """The register of another chain: with it, no two steps can be made one instruction."""
    return f"%a{(chain + step) % CHAINS}"


def logic(i: int) -> str:
    return f"lop3.b32 %a{i}, %a{i}, {other(i, 1)}, {other(i, 2)}, 0xE8;"


def more_logic(i: int) -> str:
    return f"lop3.b32 %a{i}, %a{i}, {other(i, 3)}, {other(i, 4)}, 0x96;"


def multiply(i: int) -> str:
    return f"mul.lo.u32 %a{i}, %a{i}, {other(i, 1)};"


def high(i: int) -> str:
    return f"mul.hi.u32 %a{i}, %a{i}, {other(i, 1)};"


def wide(i: int) -> str:
    return f"mov.b64 {{%l, %h}}, %w{i}; mul.wide.u32 %w{i}, %h, %b;"


BENCHES = (
    Bench("logic", "integer", logic, 1, ("LOP3",)),
    Bench(
        "add",
        "integer",
        lambda i: f"add.u32 %a{i}, %a{i}, {other(i, 1)};",
        1,
        ("IADD3", "IMAD.IADD"),
    ),
    Bench(
        "shift",
        "integer",
        lambda i: f"shf.l.wrap.b32 %a{i}, %a{i}, {other(i, 1)}, 7;",
        1,
        ("SHF",),
    ),
    Bench("multiply", "other IMAD", multiply, 1, ("IMAD",)),
    Bench("wide multiply", "wide multiply", wide, 1, ("IMAD.WIDE",)),
    Bench("population count", "popc", lambda i: f"popc.b32 %a{i}, %a{i};", 1, ("POPC",)),
    Bench("highest bit", "", lambda i: f"bfind.u32 %a{i}, %a{i};", 1, ("FLO",)),
    Bench("shared load", "shared", lambda i: f"ld.shared.u32 %a{i}, [%a{i}];", 1, ("LDS",)),
    Bench(
        "shared load of 128 bits, one address",
        "",
        lambda i: f"ld.shared.v4.u32 {{%a{i}, %x, %y, %z}}, [%a{i}];",
        1,
        ("LDS",),
    ),
    Bench("wide multiply, logic", "", lambda i: wide(i) + logic(i), 2, ("IMAD.WIDE", "LOP3")),
    Bench(
        "wide multiply, logic twice",
        "",
        lambda i: wide(i) + logic(i) + more_logic(i),
        3,
        ("IMAD.WIDE", "LOP3"),
    ),
    Bench("multiply, logic", "", lambda i: multiply(i) + logic(i), 2, ("IMAD", "LOP3")),
    Bench(
        "multiply, logic twice",
        "",
        lambda i: multiply(i) + logic(i) + more_logic(i),
        3,
        ("IMAD", "LOP3"),
    ),
    Bench("wide multiply, multiply", "", lambda i: wide(i) + multiply(i), 2, ("IMAD",)),
    Bench("high multiply", "", high, 1, ("IMAD.HI",)),
    Bench(
        "high multiply, logic twice",
        "",
        lambda i: high(i) + logic(i) + more_logic(i),
        3,
        ("IMAD.HI", "LOP3"),
    ),
)


def bench_ptx(bench: Bench, rounds: int = ROUNDS) -> str:
    """The kernel of a measurement: `bench(out, b, c)` writes the clocks of each CUDA block.

    The loads' chains follow addresses: word `i` of shared memory holds its own, so that every lane
    stays in its bank or, for 128 bits, all at one address.
    """
    chains = range(CHAINS)
    loads, broadcast = "ld.shared" in bench.body(0), "v4" in bench.body(0)
    if loads:
        place = "mov.u32 %t, 0;" if broadcast else "shl.b32 %t, %lane, 2;"
        begin = [place, "add.u32 %t, %t, %base;"]
        begin += [f"add.u32 %a{i}, %t, {128 * i};" for i in chains]
    else:
        begin = [f"mad.lo.u32 %a{i}, %tid1, %b, {i};" for i in chains]
    begin += [f"mul.wide.u32 %w{i}, %a{i}, %c;" for i in chains]
    step = [bench.body(i) for i in chains]
    ends = [f"add.u32 %sum, %sum, %a{i};" for i in chains]
    for i in chains:
        ends += [
            f"mov.b64 {{%l, %h}}, %w{i};",
            "xor.b32 %sum, %sum, %l;",
            "add.u32 %sum, %sum, %h;",
        ]
    body = "\n".join(["\n".join(step)] * REPEATS)
    return f"""
.version 6.4
.target sm_75
.address_size 64
.shared .align 16 .b8 words[4096];
.visible .entry {ENTRY}(.param .u64 out, .param .u32 b, .param .u32 c)
{{
.reg .pred %p, %q;
.reg .b32 %a<{CHAINS}>, %b, %c, %l, %h, %x, %y, %z, %t, %lane, %tid1, %block, %round, %sum, %size,
    %base;
.reg .b64 %w<{CHAINS}>, %out, %at, %from, %to;
ld.param.u64 %out, [out];
ld.param.u32 %b, [b];
ld.param.u32 %c, [c];
mov.u32 %tid1, %tid.x;
mov.u32 %size, %ntid.x;
mov.u32 %base, words;
mov.u32 %block, %ctaid.x;
and.b32 %lane, %tid1, 31;
mov.u32 %t, %tid1;
fill:
setp.ge.u32 %p, %t, 1024;
@%p bra filled;
shl.b32 %x, %t, 2;
add.u32 %x, %x, %base;
st.shared.u32 [%x], %x;
add.u32 %t, %t, %size;
bra fill;
filled:
bar.sync 0;
{chr(10).join(begin)}
mov.u32 %round, 0;
mov.u32 %sum, 0;
mov.u64 %from, %clock64;
again:
.pragma "nounroll";
{body}
add.u32 %round, %round, 1;
setp.lt.u32 %p, %round, {rounds};
@%p bra again;
mov.u64 %to, %clock64;
sub.u64 %to, %to, %from;
{chr(10).join(ends)}
mul.wide.u32 %at, %block, 16;
add.u64 %at, %out, %at;
setp.eq.u32 %p, %tid1, 0;
@%p st.global.u64 [%at], %to;
setp.eq.u32 %q, %sum, 12345;
@%q st.global.u32 [%at+8], %sum;
ret;
}}
"""


def measure_instructions(
    device: "CupyDevice", benches: Sequence[Bench] = BENCHES
) -> list[dict[str, Any]]:
    """Lanes a clock and multiprocessor of each instruction, with 32, 16 and 8 warps there.

    Parameters
    ----------
    device : CupyDevice
        A GPU.
    benches : sequence of Bench
        What to measure.

    Returns
    -------
    list of dict
        Name, class of `ptx_on_cpu.gpus.LANES`, and lanes by number of warps; or the error in their
        place.
    """
    found: list[dict[str, Any]] = []
    for bench in benches:
        row: dict[str, Any] = {"name": bench.name, "class": bench.unit or None, "lanes": {}}
        for threads in THREADS:
            try:
                clocks = device.clocks_of_ptx(bench_ptx(bench), ENTRY, threads, LAUNCHES)
            except Exception as error:
                # The next one may work.
                row["error"] = f"{type(error).__name__}: {error}"
                break
            work = ROUNDS * REPEATS * CHAINS * bench.per_step * threads
            row["lanes"][str(threads // 32)] = round(work / float(np.median(clocks)), 2)
        found.append(row)
    return found
