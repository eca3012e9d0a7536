"""A guess at the strategy that is its own best response, from best responses to others."""

from collections.abc import Sequence

__all__ = ["fixed_point"]

#: Best responses that move nearly as fast as what they respond to, or faster, meet it far away.
STEEPEST = 0.9
#: Numbers that differ by less tell nothing of how a best response moves.
SAME = 1e-9

#: The numbers of a strategy, each from 0 to 1.
Numbers = tuple[float, ...]


def fixed_point(responses: Sequence[tuple[Numbers, Numbers]]) -> Numbers | None:
    """Where a strategy and the best response to it should meet, as two of them tell.

    Number by number, the best response is taken for a linear function (the secant method).

    Parameters
    ----------
    responses : sequence of (numbers, numbers)
        Strategies, and the best response where everybody plays that. The last two count.

    Returns
    -------
    tuple of float or None
        The numbers of the strategy; None if two responses are not known, or do not tell.

    Examples
    --------
    >>> fixed_point([((0.0,), (0.9,)), ((0.5,), (0.4,))])  # falls by 1 for each 1
    (0.45,)
    """
    if len(responses) < 2:
        return None
    meet = []
    for x, y, last_x, last_y in zip(*responses[-2], *responses[-1], strict=True):
        step = last_x - x
        slope = (last_y - y) / step if abs(step) > SAME else 0.0
        if slope > STEEPEST:
            return None
        meet.append(min(max((last_y - slope * last_x) / (1.0 - slope), 0.0), 1.0))
    return tuple(meet)
