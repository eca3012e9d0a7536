"""Import paths of version 0.1, kept for one release: where each module's names are now."""

import sys
from importlib import import_module
from types import ModuleType

#: Paths within the package. What was a module and is a package now exports the same names.
MOVED: dict[str, tuple[str, ...]] = {
    "block_sizes": ("counts.block_sizes",),
    "checks": ("arguments",),
    "comparison": ("simulation.paired",),
    "episodes": ("simulation.episode", "compatibility"),
    "equilibrium.approximation": ("equilibrium.games.approximation",),
    "equilibrium.asked": ("equilibrium.search.options",),
    "equilibrium.best_response": ("equilibrium.responses.search",),
    "equilibrium.budget": ("equilibrium.verdict.budget",),
    "equilibrium.choice": ("equilibrium.payoffs.choice",),
    "equilibrium.double_oracle": ("equilibrium.search.double_oracle",),
    "equilibrium.empirical_game": ("equilibrium.empirical.game",),
    "equilibrium.exact_payoffs": ("equilibrium.payoffs.exact",),
    "equilibrium.gain_grid": ("equilibrium.report.gain_grid",),
    "equilibrium.gambit": ("equilibrium.report.gambit",),
    "equilibrium.panels": ("equilibrium.report.panels",),
    "equilibrium.payoff_table": ("equilibrium.report.payoff_table", "policies.labels"),
    "equilibrium.plots": ("equilibrium.report.plots",),
    "equilibrium.profile": ("equilibrium.payoffs.profile", "policies.heuristic"),
    "equilibrium.regret": ("equilibrium.verdict.regret",),
    "equilibrium.role_dynamics": ("equilibrium.search.seat_dynamics",),
    "equilibrium.role_results": ("equilibrium.results.roles",),
    "equilibrium.role_starts": ("equilibrium.search.seat_starts",),
    "equilibrium.roles": ("equilibrium.search.seats",),
    "equilibrium.sampled_payoffs": ("equilibrium.payoffs.sampled",),
    "equilibrium.saved": ("equilibrium.results.saved",),
    "equilibrium.seating": ("equilibrium.empirical.seating",),
    "equilibrium.solver": ("equilibrium.games.solver",),
    "equilibrium.sources": ("equilibrium.payoffs.sources", "simulation.purposes"),
    "equilibrium.support_enumeration": ("equilibrium.games.support_enumeration",),
    "equilibrium.surface": ("equilibrium.responses.surface",),
    "equilibrium.symmetric": ("equilibrium.games.symmetric_game",),
    "exact.check": ("evaluation.cross_examination",),
    "exact.counts": ("counts.expected_counts",),
    "exact.pure": ("exact.pure_lineups", "policies.heuristic"),
    "files": ("atomic_files",),
    "lineups": ("game.lineups", "game.program"),
    "matrices": ("evaluation.matrix",),
    "methods": ("evaluation.methods",),
    "payoffs": ("evaluation.focal_payoffs", "compatibility"),
    "results": ("simulation.result",),
    "rewards": ("game.rewards",),
    "sampling": ("simulation.parts", "simulation.block_means"),
    "scenario": ("game.scenario", "game.catalogue"),
    "strategies": ("policies.heuristic", "policies.labels"),
    "tables": ("game.lineup_result",),
}


def keep_old_paths() -> None:
    """Let modules be imported, and pickles be loaded, by their old paths too."""
    for old, new in MOVED.items():
        names: dict[str, object] = {}
        for path in new:
            names |= vars(import_module(f"{__package__}.{path}"))
        module = ModuleType(f"{__package__}.{old}", f"Names that are now in {', '.join(new)}.")
        vars(module).update({k: v for k, v in names.items() if not k.startswith("__")})
        sys.modules.setdefault(module.__name__, module)
