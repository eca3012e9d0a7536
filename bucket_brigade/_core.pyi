"""The Rust core. Private: use the package's functions."""

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

__version__: str
RULES_VERSION: int
END_KINDS: list[str]
#: Episodes in a block, the unit of everything.
EPISODES_PER_BLOCK: int
#: Least and largest number of houses, of agents, and of nights at most.
HOUSES: tuple[int, int]
AGENTS: tuple[int, int]
MAX_NIGHTS: tuple[int, int]
#: Most policies that one seat may mix.
MAX_MIXTURE: int
#: Most houses (where fires spread) and agents of exact work.
MAX_EXACT_HOUSES: int
MAX_EXACT_AGENTS: int
#: Names of the kinds of policies.
POLICY_KINDS: list[str]

class Policy:
    """The policy of one seat; equal ones play and signal alike."""

    @staticmethod
    def heuristic(theta: npt.NDArray[np.float64]) -> Policy: ...
    @staticmethod
    def firefighter(w: float, own_first: bool = False, honesty: float = 1.0) -> Policy: ...
    @staticmethod
    def random() -> Policy: ...
    @staticmethod
    def specialist() -> Policy: ...
    @staticmethod
    def ten_parameter(theta: npt.NDArray[np.float64]) -> Policy: ...
    @property
    def kind(self) -> str: ...
    @staticmethod
    def tabular(
        houses: int,
        nights: int,
        first: npt.NDArray[np.uint32],
        until: npt.NDArray[np.uint32],
        acts: npt.NDArray[np.uint8],
        chances: npt.NDArray[np.float64],
    ) -> Policy: ...
    def __hash__(self) -> int: ...

class Program:
    """Scenario, strategies, line-ups and episodes, compiled to integers."""

    def __new__(
        cls,
        scenario: object,
        strategies: npt.NDArray[np.float64] | Sequence[Policy],
        sizes: npt.NDArray[np.int64],
        indices: npt.NDArray[np.int64],
        weights: npt.NDArray[np.float64],
        *,
        seed: int,
        first_episode: int,
        episodes: int,
        source: object = None,
    ) -> Program: ...
    @property
    def source(self) -> object: ...
    def run(
        self,
        *,
        threads: int,
        simd: str,
        per_block: bool,
        progress: Callable[[int], object] | None,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint32] | None]: ...
    def play(self, lineup: int, episode: int) -> list[int]: ...
    def play_return(self, lineup: int, episode: int, weights: npt.NDArray[np.float64]) -> float: ...
    @property
    def houses(self) -> int: ...
    @property
    def agents(self) -> int: ...
    @property
    def min_nights(self) -> int: ...
    @property
    def max_nights(self) -> int: ...
    @property
    def end_rule(self) -> str: ...
    @property
    def catch(self) -> list[int]: ...
    @property
    def extinguish(self) -> list[int]: ...
    @property
    def strategies(self) -> npt.NDArray[np.uint64]: ...
    @property
    def policies(self) -> list[tuple[str, dict[str, int]]]: ...
    def numbers(self, policy: int) -> dict[str, npt.NDArray[Any]]: ...
    @property
    def policy_kinds(self) -> list[str]: ...
    @property
    def seat_sizes(self) -> npt.NDArray[np.uint32]: ...
    @property
    def seat_entries(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]: ...
    @property
    def lineups(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def first_episode(self) -> int: ...
    @property
    def episodes(self) -> int: ...
    @property
    def blocks(self) -> int: ...
    @property
    def block_runs(self) -> tuple[tuple[int, int], ...]: ...
    @property
    def block_episodes(self) -> npt.NDArray[np.int64]: ...

class NightEvents(TypedDict):
    night: int
    before: list[int]
    actions: list[tuple[int, bool, bool]]
    extinguished: list[int]
    caught: list[int]
    saved: list[int]
    after: list[int]
    ended: str | None
    counts: list[int]

class VectorEnv:
    """Many episodes in step, over arrays that are made once."""

    def __new__(
        cls,
        programs: Sequence[Program],
        weights: Sequence[npt.NDArray[np.float64]],
        outside: Sequence[bool],
        *,
        lanes: int,
        seed: int,
        first: int,
        stride: int,
        same_step: bool,
        cap_terminates: bool,
        simd: str,
        threads: int,
    ) -> VectorEnv: ...
    def arrays(self) -> dict[str, npt.NDArray[Any]]: ...
    def reseed(self, seed: int) -> None: ...
    def reset(
        self, chosen: npt.NDArray[np.bool_], episodes: npt.NDArray[np.uint64] | None = None
    ) -> None: ...
    def step(self, actions: object) -> bool | None: ...
    def step_anew(self, actions: object) -> tuple[Any, ...] | None: ...
    def state(
        self,
    ) -> tuple[
        npt.NDArray[np.uint64],
        npt.NDArray[np.int32],
        npt.NDArray[np.uint8],
        npt.NDArray[np.uint8] | None,
    ]: ...
    def set_state(
        self,
        chosen: npt.NDArray[np.bool_],
        episode: npt.NDArray[np.uint64],
        night: npt.NDArray[np.int32],
        houses: npt.NDArray[np.uint8],
        actions: npt.NDArray[np.uint8] | None = None,
    ) -> None: ...

class Episode:
    """One episode of the plain engine, in progress."""

    def __new__(cls, program: Program, lineup: int | None, episode: int) -> Episode: ...
    def step(self, actions: Sequence[tuple[int, bool, bool]] | None = None) -> NightEvents: ...
    def copy(self, episode: int | None = None) -> Episode: ...
    def resume(
        self, houses: Sequence[int], night: int, strategies: Sequence[int], last: bytes
    ) -> None: ...
    @property
    def houses(self) -> list[int]: ...
    @property
    def night(self) -> int: ...
    @property
    def strategies(self) -> list[int]: ...
    @property
    def last(self) -> bytes: ...
    @property
    def ended(self) -> str | None: ...

def check_scenario(scenario: object) -> None: ...
def most_episodes(scenario: object) -> int: ...
def reward_weights(scenario: object) -> npt.NDArray[np.float64]: ...
def features(
    houses: int,
    agents: int,
    episodes: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]: ...
def weighted_sums(
    weights: npt.NDArray[np.float64], features: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]: ...
def expected(
    scenario: object,
    lineups: npt.NDArray[np.float64] | npt.NDArray[np.int64],
    *,
    threads: int,
    progress: Callable[[int], object] | None,
    lumped: bool | None = None,
    policies: Sequence[Policy] | None = None,
) -> npt.NDArray[np.float64]: ...
def expected_gradient(
    scenario: object,
    lineups: npt.NDArray[np.float64] | npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
    *,
    threads: int,
    progress: Callable[[int], object] | None,
    lumped: bool | None = None,
    policies: Sequence[Policy] | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
def exact_cost(
    scenario: object, *, lumped: bool | None = None, by_houses: bool = False
) -> tuple[float, float]: ...

#: Where the runs of each state begin (3^H + 1), until which night each lasts, its act (0 to rest,
#: 1 + h to work at house h, 255 to draw), and chances of acts of the runs that draw (D, 1 + H).
ActRuns = tuple[
    npt.NDArray[np.uint32],
    npt.NDArray[np.uint32],
    npt.NDArray[np.uint8],
    npt.NDArray[np.float64],
]
#: (p, q) of a heuristic agent, chances of acts (3^H, 1 + H) or (T, 3^H, 1 + H), or runs of acts.
MarkovPolicy = tuple[float, float] | npt.NDArray[np.float64] | ActRuns

def act_runs(tables: npt.NDArray[np.uint8]) -> ActRuns: ...
def policy_table(
    policy: Policy, houses: int, agents: int, seat: int
) -> npt.NDArray[np.float64]: ...
def policy_values(
    scenario: object,
    policies: Sequence[MarkovPolicy],
    *,
    threads: int,
    progress: Callable[[int], object] | None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
def policy_counts(
    scenario: object,
    policies: Sequence[MarkovPolicy],
    *,
    threads: int,
    progress: Callable[[int], object] | None,
) -> npt.NDArray[np.float64]: ...
def policy_visits(
    scenario: object,
    policies: Sequence[MarkovPolicy],
    runs: ActRuns,
    *,
    threads: int,
    progress: Callable[[int], object] | None,
) -> npt.NDArray[np.float64]: ...
def best_responses(
    scenario: object,
    policies: Sequence[MarkovPolicy],
    *,
    threads: int,
    progress: Callable[[int], object] | None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], list[ActRuns]]: ...
def deviations(
    scenario: object,
    policies: Sequence[MarkovPolicy],
    acts: Sequence[ActRuns],
    *,
    threads: int,
    progress: Callable[[int], object] | None,
) -> npt.NDArray[np.float64]: ...
def certify(
    scenario: object,
    policies: Sequence[MarkovPolicy],
    *,
    threads: int,
    progress: Callable[[int], object] | None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float, tuple[int, int, int]]: ...
def team_optimum(
    scenario: object, *, threads: int, progress: Callable[[int], object] | None
) -> tuple[float, npt.NDArray[np.float64], list[ActRuns]]: ...
def markov_equilibrium(
    scenario: object, *, selector: str, threads: int, progress: Callable[[int], object] | None
) -> tuple[npt.NDArray[np.float64], list[ActRuns], int, int]: ...
def selectors() -> list[str]: ...
def policy_cost(scenario: object) -> tuple[float, float]: ...
def philox4x32_10(counter: Sequence[int], key: Sequence[int]) -> list[int]: ...
def philox_calls(simd: str, slots: int) -> int: ...
def simd_paths() -> tuple[list[str], str]: ...
def simd_words(simd: str) -> int: ...
def pool_threads() -> int: ...
