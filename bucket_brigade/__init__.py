"""Bucket Brigade: a social-dilemma game, played in enormous batches.

Ten houses on a ring catch fire; a few agents work or rest each night, honestly or not. This
package plays line-ups of strategies millions of times on all cores, exactly reproducibly, and
computes equilibria of the game. Start with `simulate`, or with ``bucket-brigade --help``.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from bucket_brigade._core import __version__
from bucket_brigade._moved import keep_old_paths
from bucket_brigade.backends import BackendStatus, list_backends, select_backend
from bucket_brigade.compatibility import (
    PayoffEvaluator,
    list_envs,
    make,
    make_vec,
    run_heuristic_episode,
)
from bucket_brigade.counts.event_counts import END_KINDS, EventCounts
from bucket_brigade.equilibrium import PSRO, DoubleOracle, NashEquilibrium, PolicyEquilibrium
from bucket_brigade.errors import (
    BackendFailed,
    BackendUnavailable,
    BackendWarning,
    BucketBrigadeError,
    InvalidFile,
    InvalidValue,
    RareEventsWarning,
)
from bucket_brigade.evaluation.common_heuristic import CommonHeuristic, best_common_heuristic
from bucket_brigade.evaluation.judge import Judgement, judge
from bucket_brigade.evaluation.matrix import PayoffMatrix, payoff_matrix
from bucket_brigade.evaluation.methods import METHODS, evaluate
from bucket_brigade.evaluation.policy_gains import with_policy_gains
from bucket_brigade.exact import (
    ExactGradient,
    ExactResult,
    ExpectedCounts,
    expected,
    expected_gradient,
)
from bucket_brigade.exact.best_response import (
    BestResponse,
    Exploitability,
    best_response,
    exploitability,
)
from bucket_brigade.exact.difference import PolicyDifference, policy_difference
from bucket_brigade.exact.markov_equilibrium import MarkovEquilibrium, markov_equilibrium
from bucket_brigade.exact.policy_values import PolicyValues, policy_values
from bucket_brigade.exact.team_optimum import TeamOptimum, team_optimum
from bucket_brigade.game.catalogue import (
    SCENARIOS,
    list_scenarios,
    load_scenario,
    load_scenarios,
    scenario,
)
from bucket_brigade.game.lineup_files import load_lineup
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.game.scenario import RULES_VERSION, Scenario
from bucket_brigade.policies.agents import AlwaysRest, Random, Specialist, TenParameter
from bucket_brigade.policies.firefighter import Firefighter
from bucket_brigade.policies.heuristic import ARCHETYPES, Strategy, as_strategy
from bucket_brigade.policies.saved import SavedPolicies, load_policies, save_policies
from bucket_brigade.policies.tabular import Tabular
from bucket_brigade.policies.tabulate import tabulate
from bucket_brigade.simulation.episode import Action, Episode, House, Night, replay, replay_actions
from bucket_brigade.simulation.paired import compare
from bucket_brigade.simulation.result import PairedDifference, SimulationResult
from bucket_brigade.simulation.simulator import simulate
from bucket_brigade.simulation.until import simulate_until

if TYPE_CHECKING:
    from bucket_brigade.evaluation.evolution import Evolution, Optimised, optimise, replicate
    from bucket_brigade.evaluation.tournament import Tournament, tournament
    from bucket_brigade.explorer.page import Page, explore
    from bucket_brigade.sweeps.plan import SweepPlan
    from bucket_brigade.sweeps.running import sweep
    from bucket_brigade.sweeps.table import SweepTable, load_sweep

__all__ = [
    "ARCHETYPES",
    "END_KINDS",
    "METHODS",
    "PSRO",
    "RULES_VERSION",
    "SCENARIOS",
    "Action",
    "AlwaysRest",
    "BackendFailed",
    "BackendStatus",
    "BackendUnavailable",
    "BackendWarning",
    "BestResponse",
    "BucketBrigadeError",
    "CommonHeuristic",
    "DoubleOracle",
    "Episode",
    "EventCounts",
    "Evolution",
    "ExactGradient",
    "ExactResult",
    "ExpectedCounts",
    "Exploitability",
    "Firefighter",
    "House",
    "InvalidFile",
    "InvalidValue",
    "Judgement",
    "MarkovEquilibrium",
    "Mixture",
    "NashEquilibrium",
    "Night",
    "Optimised",
    "Page",
    "PairedDifference",
    "PayoffEvaluator",
    "PayoffMatrix",
    "PolicyDifference",
    "PolicyEquilibrium",
    "PolicyValues",
    "Random",
    "RareEventsWarning",
    "SavedPolicies",
    "Scenario",
    "SimulationResult",
    "Specialist",
    "Strategy",
    "SweepPlan",
    "SweepTable",
    "Tabular",
    "TeamOptimum",
    "TenParameter",
    "Tournament",
    "__version__",
    "as_strategy",
    "best_common_heuristic",
    "best_response",
    "compare",
    "evaluate",
    "expected",
    "expected_gradient",
    "exploitability",
    "explore",
    "judge",
    "list_backends",
    "list_envs",
    "list_scenarios",
    "load_lineup",
    "load_policies",
    "load_scenario",
    "load_scenarios",
    "load_sweep",
    "make",
    "make_vec",
    "markov_equilibrium",
    "optimise",
    "payoff_matrix",
    "policy_difference",
    "policy_values",
    "replay",
    "replay_actions",
    "replicate",
    "run_heuristic_episode",
    "save_policies",
    "scenario",
    "select_backend",
    "simulate",
    "simulate_until",
    "sweep",
    "tabulate",
    "team_optimum",
    "tournament",
    "with_policy_gains",
]

#: Names that are imported once they are asked for: what is behind them takes its time, and most
#: programs never need it.
_LATER = {
    "Evolution": "evaluation.evolution",
    "Optimised": "evaluation.evolution",
    "Page": "explorer.page",
    "SweepPlan": "sweeps.plan",
    "SweepTable": "sweeps.table",
    "Tournament": "evaluation.tournament",
    "explore": "explorer.page",
    "load_sweep": "sweeps.table",
    "optimise": "evaluation.evolution",
    "replicate": "evaluation.evolution",
    "sweep": "sweeps.running",
    "tournament": "evaluation.tournament",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


# Whoever wants to hear what computations log sets up `logging`; nobody else does.
logging.getLogger(__name__).addHandler(logging.NullHandler())

keep_old_paths()
