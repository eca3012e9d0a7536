"""Policies as numbers that the kernels of lanes read: a row for each, and what rows refer to.

A *pool* is one array of 64-bit numbers. A policy has `POLICY_COLUMNS` of them; where these do not
say all of it, they say where in the pool the rest begins.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade_cuda.kernels.tables import FIREFIGHTER, HEURISTIC, Longs

__all__ = ["POLICY_KINDS", "SINGLE_KINDS", "pool_of"]

#: Columns of a heuristic agent or a firefighter: thresholds, and flags.
WORK, HOME, HONESTY, FLAGS, POLICY_COLUMNS = range(5)
#: Bits of the flags: it waits for a fire, and it goes to fires of its own houses first.
WAITS_FOR_FIRE, OWN_FIRST = 1, 2
#: In place of flags, the kinds that play one episode at a time.
RANDOM, SPECIALIST, TABLE, TEN_PARAMETER = range(4, 8)
#: Names of these, as programs have them.
SINGLE_KINDS = {
    "random": RANDOM,
    "specialist": SPECIALIST,
    "tabular": TABLE,
    "ten_parameter": TEN_PARAMETER,
}
#: All kinds that kernels play.
POLICY_KINDS = (HEURISTIC, FIREFIGHTER, *SINGLE_KINDS)

#: Columns of these: where their numbers begin; of a table also its runs, and thresholds of acts.
NUMBERS, RUNS, ROWS = range(3)

#: A table's number of a state is the act of all nights, and above its bits the first run of the
#: state for acts that vary. That of a run is the night before which it ends, above that its act,
#: above that how many runs before it draw. `DRAWN` stands for an act that varies, or is drawn.
TABLE_BITS, NIGHT_BITS, DRAWN = 8, 14, 255

#: Numbers of a ten-parameter agent: thresholds, then weights of a house, those for its distance
#: from home from `NEAR` on, and intents by number of fires and whether its home burns: the
#: threshold of working, and above these bits the signal.
HONEST, EXPLORES, REPEATS, OWN, BESIDE, CROWD, DANGER, LEAST, FIRE, NEAR = range(10)
CLAIMS = 33


def pool_of(programs: Sequence[_core.Program], before: int = 0) -> Longs:
    """The policies of some programs, one after another, as an array to stand after `before` other
    numbers."""
    policies = [
        (kind, of, program.numbers(number))
        for program in programs
        for number, (kind, of) in enumerate(program.policies)
    ]
    rows, parts = [], []
    at = before + len(policies) * POLICY_COLUMNS
    for kind, of, numbers in policies:
        row = [of["work"], of.get("home", 0), of["honesty"], flags_of(kind, of)]
        if kind in SINGLE_KINDS:
            own = parts_of(kind, numbers)
            starts = at + np.cumsum([0, *(len(part) for part in own)])
            row[: len(own)] = starts[:-1].tolist()
            at = int(starts[-1])
            parts += own
        rows.append(row)
    return np.concatenate([np.array(rows, dtype=np.uint64).reshape(-1), *parts])


def flags_of(kind: str, of: dict[str, int]) -> int:
    """Flags of a policy, or its kind in their place."""
    if kind in SINGLE_KINDS:
        return SINGLE_KINDS[kind]
    waits = WAITS_FOR_FIRE if kind == FIREFIGHTER else 0
    return waits | (OWN_FIRST if of.get("own_first") else 0)


def parts_of(kind: str, numbers: dict[str, npt.NDArray[np.generic]]) -> list[Longs]:
    """What the columns of a policy that plays one episode at a time refer to."""
    of = {name: part.astype(np.uint64) for name, part in numbers.items()}
    if kind == "tabular":
        states = of["always"] | of["first"][:-1] << np.uint64(TABLE_BITS)
        acts = of["acts"] | of["drawn"] << np.uint64(TABLE_BITS)
        return [states, of["until"] | acts << np.uint64(NIGHT_BITS), of["cumulative"]]
    if kind == "ten_parameter":
        claims, works = of["intents"].reshape(-1, 2).T
        of["intents"] = works | claims << np.uint64(CLAIMS)
        names = "draws", "weights", "fixed", "near", "intents"
        return [np.concatenate([of[name] for name in names])]
    return []
