"""Where the variables of a kernel lie in shared and local memory."""

from ptx_on_cpu.ptx import Entry, Module

__all__ = ["local_layout", "shared_layout"]


def shared_layout(module: Module) -> tuple[dict[str, int], int]:
    """Offsets of the shared symbols, and the size of the static ones together.

    Dynamic arrays all begin where the static ones end, as on the device.
    """
    offsets, size = {}, 0
    symbols = [symbol for symbol in module.symbols if symbol.space == "shared"]

    for symbol in (one for one in symbols if not one.dynamic):
        offsets[symbol.name] = size = -(-size // symbol.align) * symbol.align
        size += symbol.size

    if dynamic := [symbol for symbol in symbols if symbol.dynamic]:
        size = -(-size // 16) * 16
        offsets |= {symbol.name: size for symbol in dynamic}

    return offsets, size


def local_layout(entry: Entry) -> tuple[dict[str, int], int]:
    """Offsets of the local symbols, and their size together."""
    offsets, size = {}, 0

    for symbol in entry.locals:
        offsets[symbol.name] = size = -(-size // symbol.align) * symbol.align
        size += symbol.size

    return offsets, size
