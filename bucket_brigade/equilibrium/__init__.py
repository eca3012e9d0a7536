"""Equilibria of the game: games given by payoffs, their symmetric equilibria, and double oracle.

`SymmetricGame` and `symmetric_equilibria` stand on their own, for any symmetric game; they know
nothing of backends. `DoubleOracle` brings them together with sampled payoffs of a scenario.
"""

from bucket_brigade.equilibrium.double_oracle import (
    DEFAULT_POOL,
    DoubleOracle,
    NashEquilibrium,
)
from bucket_brigade.equilibrium.empirical_game import EmpiricalGame
from bucket_brigade.equilibrium.solver import (
    NoEquilibriumFound,
    SymmetricEquilibrium,
    solve_symmetric,
    symmetric_equilibria,
)
from bucket_brigade.equilibrium.symmetric import SymmetricGame

__all__ = [
    "DEFAULT_POOL",
    "DoubleOracle",
    "EmpiricalGame",
    "NashEquilibrium",
    "NoEquilibriumFound",
    "SymmetricEquilibrium",
    "SymmetricGame",
    "solve_symmetric",
    "symmetric_equilibria",
]
