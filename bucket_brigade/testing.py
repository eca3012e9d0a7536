"""Conformance tests that others can run on their own backends and environments.

`check_backend` compares counts with the CPU's, `check_env` an environment with the plain engine,
which is the readable statement of the rules. Both are quick, and raise `AssertionError` with what
differed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bucket_brigade.backends import Backend
from bucket_brigade.envs.batch import VectorEnv
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.catalogue import load_scenario
from bucket_brigade.game.lineups import Lineup, Mixture
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.firefighter import Firefighter
from bucket_brigade.simulation.episode import Action, Episode, replay_actions
from bucket_brigade.simulation.simulator import simulate

__all__ = ["check_backend", "check_env"]


def _games() -> list[Scenario]:
    """Rings small and large, both orders, all ends, and chances at their limits."""
    hard = load_scenario("hard")
    return [
        hard,
        hard.with_rules("original-python").replace(max_nights=60),
        hard.replace(num_houses=2, num_agents=3, min_nights=2, max_nights=9),
        hard.replace(num_houses=7, num_agents=2, prob_house_catches_fire=0.0),
        hard.replace(num_houses=5, num_agents=6, prob_solo_agent_extinguishes_fire=1.0),
    ]


def check_backend(backend: str | Backend, *, episodes: int = 2000, seed: int = 11) -> None:
    """Check that a backend counts what the CPU counts: the same integers, for every line-up.

    Parameters
    ----------
    backend : str or Backend
        What is checked, as for `simulate`.
    episodes : int
        Episodes of each line-up.
    seed : int
        Their seed.

    Raises
    ------
    AssertionError
        If a count differs; it says which.
    BackendUnavailable
        If the backend can't be used here.

    Examples
    --------
    >>> check_backend("cpu", episodes=100)
    """
    for scenario in _games():
        mixed = Mixture(["hero", "free_rider", [0.5] * 10], [0.25, 0.25, 0.5])
        agents = scenario.num_agents
        lineups: Sequence[Lineup] = [
            ["hero"] * agents,
            ["coordinator", *[mixed] * (agents - 1)],
            [*[Firefighter(0.7, own_first=True)] * (agents - 1), "free_rider"],
        ]
        asked: dict[str, Any] = {"episodes": episodes, "seed": seed, "first_episode": 37}
        found = simulate(scenario, lineups, backend=backend, **asked).counts
        wanted = simulate(scenario, lineups, backend="cpu", **asked).counts
        for name in ("episodes", "nights", "worked", "safe", "ruined", "saved", "ended", "moments"):
            here, there = getattr(found, name), getattr(wanted, name)
            where = f"{name} of {scenario.num_houses} houses, {scenario.night_order}"
            _agree(np.array_equal(here, there), f"{where}: {here} instead of {there}")


def check_env(
    make: Callable[..., VectorEnv], *, nights: int = 60, seed: int = 7, lanes: int = 5
) -> None:
    """Check an environment against the plain engine, night by night and lane by lane.

    Observations, rewards, ends, last observations, returns and numbers of episodes are compared;
    also that lanes do not depend on each other, that a refused step plays nothing, that a state
    that is put back leads to the same, and that each episode can be
    replayed from its number and its actions.

    Parameters
    ----------
    make : callable
        Called as `VectorEnv` is, with a scenario, a number of lanes, and options by keyword;
        `functools.partial(VectorEnv, backend="cuda")` for one.
    nights : int
        Nights of each comparison.
    seed : int
        Seed of the environment and of the random actions.
    lanes : int
        Episodes in step.

    Raises
    ------
    AssertionError
        If something differs; it says what.

    Examples
    --------
    >>> check_env(VectorEnv, nights=5)
    """
    for scenario in _games():
        _lock_step(make(scenario, lanes, seed=seed, first_episode=3), scenario, nights, seed)
        _alone(make, scenario, lanes, seed)
        _refusals_and_states(make(scenario, lanes, seed=seed), scenario, seed)


def _agree(condition: bool, what: str) -> None:
    """Raise unless a condition holds, also where Python leaves out ``assert``."""
    if not condition:
        raise AssertionError(what)


def _host(array: Any) -> np.ndarray[Any, Any]:
    """An array in main memory, wherever it was."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


def _acts(rng: np.random.Generator, scenario: Scenario, lanes: int) -> np.ndarray[Any, Any]:
    return rng.integers([scenario.num_houses, 2, 2], size=(lanes, scenario.num_agents, 3))


def _lock_step(env: VectorEnv, scenario: Scenario, nights: int, seed: int) -> None:
    """Every lane is the episode of its number."""
    lanes, rng = env.num_envs, np.random.default_rng(seed)
    seen, info = env.reset()
    numbers = _host(info["episode"]).tolist()
    _agree(numbers == [3 + lane for lane in range(lanes)], f"first episodes: {numbers}")
    games = [Episode(scenario, seed=seed, episode=number) for number in numbers]
    played: list[list[Any]] = [[] for _ in games]
    for _ in range(nights):
        acts = _acts(rng, scenario, lanes)
        houses = _host(seen["houses"])
        for lane, game in enumerate(games):
            _agree(houses[lane].tolist() == list(game.houses), f"houses of lane {lane}")
            played[lane].append(acts[lane])
        seen, rewards, terminated, truncated, info = env.step(acts)
        told = [_host(each) for each in (rewards, terminated, truncated)]
        final = {name: _host(array) for name, array in info["final"].items()}
        for lane, game in enumerate(games):
            number = numbers[lane]
            last = game.step([Action(*act) for act in acts[lane].tolist()])
            wanted = [np.float32(reward) for reward in last.rewards]
            _agree(told[0][lane].tolist() == wanted, f"rewards of lane {lane}")
            over = bool(told[1][lane] | told[2][lane])
            _agree(over == (last.ended is not None), f"end of lane {lane}")
            _agree(not (told[1][lane] and told[2][lane]), "terminated and truncated at once")
            if not over:
                continue
            _agree(bool(told[2][lane]) == (last.ended == "cap"), f"kind of end of lane {lane}")
            _agree(final["houses"][lane].tolist() == list(last.after), "last observation")
            _agree(final["episode"][lane] == number, "episode of the last observation")
            again = replay_actions(scenario, np.array(played[lane]), seed=seed, episode=number)
            _agree(again[-1] == last, f"replay of lane {lane}")
            returns = np.sum([night.rewards for night in again], axis=0)
            _agree(np.allclose(final["returns"][lane], returns, rtol=1e-12), "returns")
            numbers[lane] = int(_host(info["episode"])[lane])
            _agree(numbers[lane] == number + lanes, "number of the next episode")
            games[lane], played[lane] = Episode(scenario, seed=seed, episode=numbers[lane]), []


def _alone(make: Callable[..., VectorEnv], scenario: Scenario, lanes: int, seed: int) -> None:
    """What happens in a lane does not depend on what is done in the others."""
    rng = np.random.default_rng(seed)
    one, other = (make(scenario, lanes, seed=seed) for _ in range(2))
    one.reset(), other.reset()
    for _ in range(12):
        acts = _acts(rng, scenario, lanes)
        changed = _acts(rng, scenario, lanes)
        changed[0] = acts[0]
        seen, rewards, *_ = one.step(acts)
        again, same, *_ = other.step(changed)
        _agree(
            _host(seen["houses"])[0].tolist() == _host(again["houses"])[0].tolist(),
            "houses of a lane on which nothing else differs",
        )
        _agree(_host(rewards)[0].tolist() == _host(same)[0].tolist(), "lanes depend on each other")


def _refusals_and_states(env: VectorEnv, scenario: Scenario, seed: int) -> None:
    """A refused step plays nothing, and a state that is put back leads to the same."""
    rng = np.random.default_rng(seed)
    env.reset()
    acts = _acts(rng, scenario, env.num_envs)
    env.step(acts)
    state = env.state()
    seen, rewards, *_ = env.step(acts)
    env.set_state(state)
    again, same, *_ = env.step(acts)
    _agree(_host(seen["houses"]).tolist() == _host(again["houses"]).tolist(), "a state put back")
    _agree(_host(rewards).tolist() == _host(same).tolist(), "rewards after a state put back")
    bad = acts.copy()
    bad[-1, -1, 0] = scenario.num_houses
    before = _host(env.state().houses).tolist()
    refused = None
    try:
        env.step(bad)
        env.check()
    except InvalidValue as error:
        refused = error.field
    where = f"actions[{env.num_envs - 1}, {scenario.num_agents - 1}, 0]"
    _agree(refused == where, f"a house that does not exist: {refused} refused, not {where}")
    if isinstance(env.state().houses, np.ndarray):  # on a GPU the step is played (see `check`)
        _agree(_host(env.state().houses).tolist() == before, "a refused step changed a lane")
