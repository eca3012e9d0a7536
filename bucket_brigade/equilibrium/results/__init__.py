"""Results of searches for equilibria, as objects and as JSON, and the file of one under way."""

from bucket_brigade.equilibrium.results.certified import CertifiedResult, DeviationGain
from bucket_brigade.equilibrium.results.documents import SCHEMA_VERSION
from bucket_brigade.equilibrium.results.nash import (
    NashEquilibrium,
    PolicyGain,
    PoolEquilibrium,
    RestrictedPayoffs,
    load_equilibria,
    save_equilibria,
)

__all__ = [
    "SCHEMA_VERSION",
    "CertifiedResult",
    "DeviationGain",
    "NashEquilibrium",
    "PolicyGain",
    "PoolEquilibrium",
    "RestrictedPayoffs",
    "load_equilibria",
    "save_equilibria",
]
