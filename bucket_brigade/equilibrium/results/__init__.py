"""What a search for equilibria returns, as objects and as JSON, and the file of one under way."""

from bucket_brigade.equilibrium.results.nash import (
    SCHEMA_VERSION,
    DeviationGain,
    NashEquilibrium,
    PoolEquilibrium,
    RestrictedPayoffs,
    load_equilibria,
    save_equilibria,
)

__all__ = [
    "SCHEMA_VERSION",
    "DeviationGain",
    "NashEquilibrium",
    "PoolEquilibrium",
    "RestrictedPayoffs",
    "load_equilibria",
    "save_equilibria",
]
