"""The order in which lanes of a warp that have parted are played.

On a GPU, lanes that part at a branch meet again where its ways meet. Playing always the lanes that
are furthest behind gives the same, if "behind" is an order in which a block comes before all that
may follow it, and all blocks of a loop before what follows the loop. The order of the text is not
one: compilers put blocks anywhere.
"""

from collections.abc import Iterable

from ptx_on_cpu.operands import Name
from ptx_on_cpu.ptx import Entry

__all__ = ["loop_order", "ranks", "successors"]


def successors(entry: Entry) -> list[list[int]]:
    """Blocks that may follow each basic block."""
    found = []
    size = len(entry.blocks)

    for block in entry.blocks:
        last = block.instructions[-1] if block.instructions else None
        follows = []

        if last is not None and last.name == "bra" and isinstance(last.operands[0], Name):
            follows.append(entry.block_of_label(last.operands[0].name, last.line))

        leaves = last is not None and last.name in ("bra", "ret", "exit", "trap")

        if (not leaves or (last is not None and last.guard)) and block.number + 1 < size:
            follows.append(block.number + 1)

        found.append(follows)

    return found


def ranks(entry: Entry) -> list[int]:
    """Place of each basic block in `loop_order`."""
    order = loop_order(successors(entry))
    places = [0] * len(order)

    for place, block in enumerate(order):
        places[block] = place

    return places


def loop_order(follows: list[list[int]]) -> list[int]:
    """Blocks in an order where loops stay together; block 0 is where the program begins."""
    order = _ordered(set(range(len(follows))), 0, follows)
    # Blocks that nothing leads to.
    return order + sorted(set(range(len(follows))) - set(order))


def _ordered(inside: set[int], start: int, follows: list[list[int]]) -> list[int]:
    """The blocks of a part of the program that can be reached from its start."""
    order: list[int] = []

    for component in reversed(_components(inside, start, follows)):
        if len(component) == 1:
            order += component
            continue

        # A loop: its head is where it is entered; without the ways back to it, order the rest.
        head = component[-1]
        members = set(component)
        cut = [[to for to in ways if to != head] for ways in follows]
        order += _ordered(members, head, cut)

    return order


def _components(inside: set[int], start: int, follows: list[list[int]]) -> list[list[int]]:
    """Strongly connected components, each after all it leads to, by Tarjan's algorithm; the last
    block of each is the one that was reached first.
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []

    def ways(block: int) -> Iterable[int]:
        return iter([to for to in follows[block] if to in inside])

    def open_(block: int) -> None:
        index[block] = low[block] = len(index)
        stack.append(block)
        on_stack.add(block)

    open_(start)
    path = [(start, ways(start))]

    while path:
        block, rest = path[-1]
        to = next(iter(rest), None)

        if to is None:
            path.pop()

            if path:
                low[path[-1][0]] = min(low[path[-1][0]], low[block])

            if low[block] == index[block]:
                component: list[int] = []

                while not component or component[-1] != block:
                    component.append(stack.pop())
                    on_stack.discard(component[-1])

                found.append(component)
        elif to not in index:
            open_(to)
            path.append((to, ways(to)))
        elif to in on_stack:
            low[block] = min(low[block], index[to])

    return found
