"""What kernels become: registers, memory and instructions of their machine code, as Markdown.

``python -m ptx_on_cpu.report`` prints the page `docs/sass.md`. Needs no GPU.
"""

from bucket_brigade_cuda.compiling.compile import compile_kernel
from bucket_brigade_cuda.kernels.shape import LANE_THREADS, Shape, kernels_of
from ptx_on_cpu.opcodes import CLASSES
from ptx_on_cpu.sass import Assembly, assemble
from ptx_on_cpu.tools import tool_version

__all__ = ["CAPABILITIES", "SHAPES", "assembled", "report"]

CAPABILITIES = ((8, 0), (9, 0))
#: The default ring, alone, with mixtures of two and sixteen, and with firefighters; others of both
#: extremes.
SHAPES = (
    Shape(10, 4, 1),
    Shape(10, 4, 2),
    Shape(10, 4, 2, firefighters=True),
    Shape(10, 4, 16),
    Shape(10, 10, 1),
    Shape(2, 1, 1),
    Shape(3, 8, 4),
    Shape(32, 16, 2),
    Shape(10, 4, 0),
    Shape(32, 16, 0),
)
#: Shapes of which all kernels are shown.
ROUND = (Shape(10, 4, 1), Shape(10, 4, 2), Shape(10, 4, 0))
KERNELS = ("cast", "play", "features", "add_up")


def assembled(name: str, shape: Shape, capability: tuple[int, int]) -> Assembly:
    """The machine code of a kernel."""
    kernel = compile_kernel(name, shape, capability)
    return assemble(kernel.ptx, "sm_{}{}".format(*capability), kernel.entry)


def report() -> str:
    """The page `docs/sass.md`, in Markdown."""
    lines = [
        "# The machine code of the kernels",
        "",
        f"Printed by `python -m ptx_on_cpu.report`, with ptxas {tool_version('ptxas')}.",
        "`tests/cuda/test_machine_code.py` holds the kernels to no spills, no stack and a bounded",
        "number of registers. What ran on a GPU is in `docs/cuda.md`.",
        "",
        "A shape is houses x agents x strategies that a seat mixes at most; an f stands for",
        "kernels that play firefighters too, an e for those of environments.",
        "",
        "| GPU | shape | kernel | threads | registers | shared bytes | stack "
        "| spills | instructions |",
        "| --- " * 9 + "|",
    ]
    mixes = []
    for capability in CAPABILITIES:
        for shape in SHAPES:
            for name in kernels_of(shape):
                # Kernels around these two are small; the default ring shows them.
                if name not in ("play", "night") and shape not in ROUND:
                    continue
                code = assembled(name, shape, capability)
                used = code.resources
                threads = shape.threads if shape.width else LANE_THREADS
                where = f"sm_{capability[0]}{capability[1]} | {shape}"
                lines.append(
                    f"| {where} | {name} | {threads} | {used.registers} "
                    f"| {used.shared_bytes} | {used.stack_bytes} "
                    f"| {used.spill_stores + used.spill_loads} | {len(code.instructions)} |"
                )
                if name == "play":
                    mix = " | ".join(str(code.classes.get(one, 0)) for one in CLASSES)
                    mixes.append(f"| {where} | {mix} |")
    lines += [
        "",
        "Instructions of `play` by kind (as they stand in the code, not as often as they run):",
        "",
        f"| GPU | shape | {' | '.join(CLASSES)} |",
        "| --- " * (2 + len(CLASSES)) + "|",
        *mixes,
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(report())
