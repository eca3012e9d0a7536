"""Purposes of a seed's episodes: ranges that never meet, so that each has luck of its own.

Purpose k plays episodes from k · 2^60 on (docs/randomness.md, "Ranges of episodes"). What was
selected for being lucky is evaluated with other luck, and so is what was trained.
"""

__all__ = [
    "EVALUATION",
    "GAME",
    "LOOK",
    "LOOKS",
    "SEARCH",
    "SELECTION",
    "TRAINING",
    "purpose_start",
]

#: Purposes of a search for equilibria: payoffs of its restricted games, candidates for a best
#: response, the choice among the best of them, and verdicts.
GAME, SEARCH, SELECTION, EVALUATION = range(4)
#: The purpose whose episodes an environment plays: nothing else plays them.
TRAINING = 4
#: Episodes set aside for each purpose.
PURPOSE = 1 << 60
#: Episodes set aside for each evaluation, and how many evaluations there may be.
LOOK = 1 << 48
LOOKS = PURPOSE // LOOK


def purpose_start(k: int) -> int:
    """First episode of purpose `k`, 0 to 15."""
    return k * PURPOSE
