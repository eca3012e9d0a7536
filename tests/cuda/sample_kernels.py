"""Small PTX modules for the tests of `ptx_on_cpu`."""

from collections.abc import Callable

from bucket_brigade_cuda.compiling.compile import ptx_of

__all__ = ["compile_ptx", "instructions_ptx", "ptx_module"]

REGISTERS = {1: "p", 16: "rs", 32: "r", 64: "rd"}


def compile_ptx(
    function: Callable[..., object], *types: object, cc: tuple[int, int] = (9, 0)
) -> str:
    """PTX that Numba makes of a kernel, without a GPU."""
    from numba import types as numba_types

    return ptx_of(function, numba_types.void(*types), cc)


def ptx_module(body: str, arrays: int = 1, scalars: str = "", symbols: str = "") -> str:
    """A module with the kernel ``k`` of one-dimensional arrays, then 32-bit whole numbers.

    The address of array i is the parameter ``a<i>_4``, its length ``a<i>_5``.
    """
    params = [f".param .u64 a{i}_{word}" for i in range(arrays) for word in range(7)]
    params += [f".param .u32 {name}" for name in scalars.split()]
    return (
        f".version 8.0\n.target sm_80\n.address_size 64\n{symbols}\n"
        f".visible .entry k(\n{','.join(params)}\n)\n{{\n"
        ".reg .pred %p<20>;\n.reg .b16 %rs<20>;\n.reg .b32 %r<20>;\n.reg .b64 %rd<20>;\n"
        f"{body}\n}}\n"
    )


def instructions_ptx(cases: list[tuple[str, str]]) -> str:
    """A kernel that applies instructions to rows of four 64-bit numbers.

    Thread t reads row t of the first array; case i's result is item ``i * threads + t`` of the
    second.

    Parameters
    ----------
    cases : list of (str, str)
        Opcode, and bits of the target and the operands, as in "64: 32 32". What follows
        another colon is appended, as in "32: 32 32: , 5".
    """
    lines = [
        "mov.u32 %r19, %tid.x;",
        "mov.u32 %r18, %ntid.x;",
        "ld.param.u64 %rd10, [a0_4];",
        "ld.param.u64 %rd11, [a1_4];",
        "mul.wide.u32 %rd12, %r19, 32;",
        "mul.wide.u32 %rd13, %r19, 8;",
        "mul.wide.u32 %rd14, %r18, 8;",
        "add.s64 %rd12, %rd10, %rd12;",
        "add.s64 %rd13, %rd11, %rd13;",
    ]

    for opcode, form in cases:
        target, sources, extra = [*form.split(":"), ""][:3]
        to = REGISTERS[int(target)]
        operands = [f"%{to}15"]

        for i, width in enumerate(map(int, sources.split())):
            lines.append(f"ld.global.u64 %rd{i}, [%rd12+{8 * i}];")
            operands.append(f"%{REGISTERS[width]}{i}")

            if width == 1:
                lines += [f"and.b64 %rd{i}, %rd{i}, 1;", f"setp.ne.u64 %p{i}, %rd{i}, 0;"]
            elif width < 64:
                lines.append(f"cvt.u{width}.u64 %{REGISTERS[width]}{i}, %rd{i};")

        lines.append(f"{opcode} {', '.join(operands)}{extra};")

        if to == "p":
            lines.append("selp.u64 %rd15, 1, 0, %p15;")
        elif to != "rd":
            lines.append(f"cvt.u64.u{target} %rd15, %{to}15;")

        lines += ["st.global.u64 [%rd13], %rd15;", "add.s64 %rd13, %rd13, %rd14;"]

    return ptx_module("\n".join([*lines, "ret;"]), arrays=2)
