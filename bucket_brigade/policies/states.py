"""The states of the houses, and their numbers."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bucket_brigade.errors import InvalidValue, shown

__all__ = ["SIGNS", "all_houses", "ruins_and_fires", "signs_of", "state_number"]

#: Signs of a house that is safe, burning or ruined: by its code.
SIGNS = ".*#"


def all_houses(houses: int) -> npt.NDArray[np.int8]:
    """The code of each house in every state, by number: shape (3^H, H)."""
    numbers = np.arange(3**houses)
    return np.stack([numbers // 3**h % 3 for h in range(houses)], axis=1).astype(np.int8)


def ruins_and_fires(houses: int) -> npt.NDArray[np.int64]:
    """Numbers of ruined and of burning houses in every state, in order: shape (3^H, 2)."""
    codes = all_houses(houses)
    return np.stack([(codes == 2).sum(axis=1), (codes == 1).sum(axis=1)], axis=1)


def state_number(codes: Sequence[int], houses: int) -> int:
    """The number of a state, from the code of each house.

    Raises
    ------
    InvalidValue
        If there are not as many houses, or a code is not 0, 1 or 2.
    """
    given = np.asarray(codes)
    if (
        given.shape != (houses,)
        or given.dtype.kind not in "iu"
        or not np.isin(given, range(3)).all()
    ):
        raise InvalidValue("houses", shown(codes), f"a code of 0, 1 or 2 for {houses} houses")
    return int((given * 3 ** np.arange(houses)).sum())


def signs_of(codes: Sequence[int] | npt.NDArray[np.uint8]) -> str:
    """The ring in a line of text, a sign for each house."""
    return "".join(SIGNS[code] for code in codes)
