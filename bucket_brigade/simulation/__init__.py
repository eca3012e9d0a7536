"""Payoffs by sampling: playing line-ups many times, and single episodes to look at."""

from bucket_brigade.simulation.simulator import BLOCK, listed_lineups, simulate
from bucket_brigade.simulation.until import simulate_until

__all__ = ["BLOCK", "listed_lineups", "simulate", "simulate_until"]
