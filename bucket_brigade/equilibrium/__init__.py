"""Equilibria of the game: games given by payoffs, their symmetric equilibria, and double oracle.

A folder a step, each of which uses those before it. `games` solves any symmetric game given by
payoffs, and `verdict` judges gains, whatever plays, with confidence and within a budget. `payoffs`
of a scenario come from one interface, exact or sampled. With them `empirical` collects the
restricted game of a pool, and `responses` searches best responses. `search` has what all searches
are asked for and do on their way, the double oracle for symmetric equilibria, one over all
policies, and best responses by seat for pure profiles; `results` holds what comes out and what is
under way; `report` draws, and hands games to other solvers.
"""

from bucket_brigade.equilibrium.empirical.game import EmpiricalGame, RestrictedGame
from bucket_brigade.equilibrium.games.solver import (
    NoEquilibriumFound,
    SymmetricEquilibrium,
    solve_symmetric,
    symmetric_equilibria,
)
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame
from bucket_brigade.equilibrium.payoffs.choice import payoff_source
from bucket_brigade.equilibrium.payoffs.exact import ExactPayoffs
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile
from bucket_brigade.equilibrium.payoffs.sampled import SampledPayoffs
from bucket_brigade.equilibrium.payoffs.sources import PayoffSource
from bucket_brigade.equilibrium.report.gain_grid import GainGrid, gain_grid, seat_gain_grids
from bucket_brigade.equilibrium.report.gambit import export_gambit, to_gambit
from bucket_brigade.equilibrium.report.plots import (
    PlotUnavailable,
    check_plot,
    equilibrium_figure,
    plot_equilibrium,
    plot_roles,
    roles_figure,
)
from bucket_brigade.equilibrium.responses.search import (
    BestResponse,
    best_response,
    best_response_in_box,
)
from bucket_brigade.equilibrium.results.nash import (
    NashEquilibrium,
    load_equilibria,
    save_equilibria,
)
from bucket_brigade.equilibrium.results.policies import PolicyEquilibrium
from bucket_brigade.equilibrium.results.roles import RoleEquilibrium, load_roles, save_roles
from bucket_brigade.equilibrium.search.double_oracle import DEFAULT_POOL, DoubleOracle
from bucket_brigade.equilibrium.search.psro import PSRO
from bucket_brigade.equilibrium.search.seats import RoleSearch
from bucket_brigade.equilibrium.verdict.budget import Budget
from bucket_brigade.equilibrium.verdict.regret import Regret, Verdict, certify

__all__ = [
    "DEFAULT_POOL",
    "PSRO",
    "BestResponse",
    "Budget",
    "Deviation",
    "DoubleOracle",
    "EmpiricalGame",
    "ExactPayoffs",
    "GainGrid",
    "NashEquilibrium",
    "NoEquilibriumFound",
    "PayoffSource",
    "PlotUnavailable",
    "PolicyEquilibrium",
    "Profile",
    "Regret",
    "RestrictedGame",
    "RoleEquilibrium",
    "RoleSearch",
    "SampledPayoffs",
    "SymmetricEquilibrium",
    "SymmetricGame",
    "Verdict",
    "best_response",
    "best_response_in_box",
    "certify",
    "check_plot",
    "equilibrium_figure",
    "export_gambit",
    "gain_grid",
    "load_equilibria",
    "load_roles",
    "payoff_source",
    "plot_equilibrium",
    "plot_roles",
    "roles_figure",
    "save_equilibria",
    "save_roles",
    "seat_gain_grids",
    "solve_symmetric",
    "symmetric_equilibria",
    "to_gambit",
]
