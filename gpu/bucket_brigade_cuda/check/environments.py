"""Environments on a device beside the CPU's: every array of some nights, and seconds of steps."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade import SCENARIOS, Firefighter, Mixture, Scenario, TenParameter, tabulate
from bucket_brigade.envs import VectorEnv
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.devices import Device, is_gpu
from bucket_brigade_cuda.kernels.shape import Shape

__all__ = ["LaneCase", "LaneDifference", "lane_cases", "lane_differences", "steps_of_lanes"]

#: Houses and agents; the first, that of the catalogue, alone where it is to be quick.
SIZES = ((10, 4), (2, 3), (32, 16))
#: Rings of which a table has few enough states to be made at once.
MOST_OF_TABLES = 10
#: A ten-parameter agent with every chance between 0 and 1, which remembers.
REMEMBERING = (0.8, 0.4, 0.7, 0.6, 0.3, 1.0, 0.2, 0.4, 0.1, 0.9)
#: Lanes of environments whose steps are timed, and steps; without a GPU, to try it.
TIMED, STEPS = (1 << 10, 1 << 16, 1 << 20), 100
TRIAL, TRIAL_STEPS = (1 << 6, 1 << 8), 5

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class LaneCase:
    """An environment to play on a device and on the CPU, with the same random actions.

    Attributes
    ----------
    name : str
        Tells it from all others.
    scenarios : tuple of Scenario
    lanes, nights : int
        How many lanes, and how many steps.
    options : dict
        Of `VectorEnv`.
    singles : bool
        Whether a seat has a policy that plays one episode at a time.
    """

    name: str
    scenarios: tuple[Scenario, ...]
    lanes: int
    nights: int
    options: dict[str, Any] = field(default_factory=dict, repr=False)
    singles: bool = False

    @property
    def shape(self) -> Shape:
        """The shape of the kernels that play it."""
        one = self.scenario
        return Shape(one.num_houses, one.num_agents, 0, singles=self.singles)

    @property
    def scenario(self) -> Scenario:
        """The first scenario."""
        return self.scenarios[0]

    def to_dict(self) -> dict[str, Any]:
        """The case without its options, for a report."""
        return {
            "name": self.name,
            "houses": self.scenario.num_houses,
            "agents": self.scenario.num_agents,
            "lanes": self.lanes,
            "nights": self.nights,
        }


@dataclass(frozen=True)
class LaneDifference:
    """The first number that differs in an array.

    Attributes
    ----------
    array : str
        Which, such as "rewards" or "final houses".
    step : int
        The step that brought it, from 1; 0 for the reset before.
    place : str
        Lane, and place within its row.
    expected, got : number
        By the CPU, and by the device.
    numbers, of : int
        How many numbers of the array differ, of how many.
    """

    array: str
    step: int
    place: str
    expected: float
    got: float
    numbers: int
    of: int

    def __str__(self) -> str:
        return (
            f"step {self.step}: {self.array}[{self.place}] is {self.got} and should be "
            f"{self.expected}; {self.numbers} of {self.of} numbers differ"
        )


def lane_cases(quick: bool) -> list[LaneCase]:
    """Environments with no built-in seat, under both night orders and end rules; with some, of
    several scenarios, whose lanes wait for resets and play the last episodes of 64 bits; and,
    unless it is to be quick, with policies of any kind."""
    lanes, nights = (300, 20) if quick else (2000, 60)
    cases = []
    orders = ("spread_then_burn_out", "burn_out_then_spread")
    for houses, agents in SIZES[: 1 if quick else None]:
        hard = SCENARIOS["hard"].replace(
            num_houses=houses, num_agents=agents, min_nights=3, max_nights=12
        )
        for order, rule in zip(orders, ("all_safe_or_all_ruined", "no_fires"), strict=True):
            one = hard.replace(night_order=order, end_rule=rule)
            name = f"environment, {houses} houses, {agents} agents, {order}, {rule}"
            cases.append(LaneCase(name, (one,), lanes, nights, {"seed": 2**32 + 5}))
        mixture = Mixture(["free_rider", Firefighter(0.9), "liar"], [0.3, 0.3, 0.4])
        built_in = [mixture, None, Firefighter(0.8, own_first=True), "hero"]
        options = {
            "lineup": [built_in[seat % 4] for seat in range(agents)],
            "autoreset": "disabled",
            "cap": "terminated",
            "first_episode": 2**64 - lanes * (nights + 2),
        }
        both = hard, hard.replace(prob_house_catches_fire=0.1, max_nights=7)
        name = f"environment, {houses} houses, {agents} agents, built-in seats"
        cases.append(LaneCase(name, both, lanes, nights, options))
        if not quick:
            played = any_policies(hard)
            options = {"lineup": [None, *(played[seat % 4] for seat in range(1, agents))]}
            name = f"environment, {houses} houses, {agents} agents, any policies"
            cases.append(LaneCase(name, (hard,), lanes, nights, options, singles=True))
    return cases


def any_policies(scenario: Scenario) -> list[Any]:
    """Entries of line-ups that play one episode at a time; of a small ring also a table."""
    remembers = TenParameter(REMEMBERING)
    table: Any = "always_rest"
    if scenario.num_houses <= MOST_OF_TABLES:
        table = tabulate(TenParameter("free_rider"), scenario)
    return [table, "specialist", Mixture([remembers, "random", "liar"], [0.4, 0.3, 0.3]), remembers]


def lane_differences(backend: CudaBackend, case: LaneCase) -> tuple[list[LaneDifference], float]:
    """Every array's first difference, of the first call after which there is one; and seconds that
    the device and the host took together."""
    started = time.perf_counter()
    cpu = VectorEnv(case.scenarios, case.lanes, **case.options)
    gpu = VectorEnv(case.scenarios, case.lanes, backend=backend, **case.options)
    device, rng = backend.devices()[0], np.random.default_rng(1)
    found = compared(0, shown(cpu.reset()), shown(gpu.reset()))
    for step in range(1, 1 + case.nights):
        if found:
            break
        actions = random_actions(cpu, rng)
        one, other = cpu.step(actions), gpu.step(uploaded(device, actions))
        over = one[2] | one[3]
        found = compared(step, shown(one, over), shown(other, over))
        if cpu.autoreset == "disabled" and over.any() and not found:
            reset = gpu.reset(mask=uploaded(device, over))
            found = compared(step, shown(cpu.reset(mask=over)), shown(reset))
    gpu.close()
    return found, time.perf_counter() - started


def random_actions(env: VectorEnv, rng: np.random.Generator) -> Array:
    """Random actions: any house, mode and signal for every agent."""
    shape = env.num_envs, env.num_agents
    parts = [rng.integers(most, size=shape) for most in (env.num_houses, 2, 2)]
    return np.stack(parts, axis=-1).astype(np.uint8)


def uploaded(device: Device, array: Array) -> Any:
    """A copy on the device."""
    with device.use():
        copy = device.upload(array)
        device.wait(device.callers_stream())
    return copy


def shown(returned: tuple[Any, ...], over: Array | None = None) -> Iterator[tuple[str, Array]]:
    """All arrays that a call returned, in main memory, by name; of final rows those of `over`."""
    observation, *brought, info = returned
    yield from ((name, to_host(array)) for name, array in observation.items())
    yield "episode", to_host(info["episode"])
    if over is None:
        return
    names = ("rewards", "terminated", "truncated")
    yield from ((name, to_host(one)) for name, one in zip(names, brought, strict=True))
    for name, array in info["final"].items():
        rows = to_host(array)
        yield f"final {name}", rows if name == "end" else rows[over]


def to_host(array: Any) -> Array:
    """A device's array in main memory."""
    return np.asarray(array.get() if hasattr(array, "get") else array)


def compared(
    step: int, right: Iterator[tuple[str, Array]], other: Iterator[tuple[str, Array]]
) -> list[LaneDifference]:
    """Every array's first difference."""
    found = []
    for (name, expected), (_, got) in zip(right, other, strict=True):
        wrong = np.argwhere(expected != got)
        if len(wrong):
            at = tuple(int(index) for index in wrong[0])
            place = ", ".join(map(str, at))
            numbers = expected[at].item(), got[at].item(), len(wrong), expected.size
            found.append(LaneDifference(name, step, place, *numbers))
    return found


def steps_of_lanes(
    backend: CudaBackend, seconds: float, sizes: Sequence[int]
) -> list[dict[str, Any]]:
    """Steps of the default scenario with random actions that are on the device, one after another:
    by the host's clock until the last is done, and by the device's."""
    device, found = backend.devices()[0], []
    alone = CudaBackend(devices=[device])
    lanes, steps = (TIMED, STEPS) if is_gpu(device) else (TRIAL, TRIAL_STEPS)
    for count in lanes:
        env = VectorEnv(SCENARIOS["default"], count, copy=False, backend=alone)
        env.reset()
        actions = uploaded(device, random_actions(env, np.random.default_rng(1)))
        pace = timed(device, env, actions, 1)[0]
        number = max(1, min(steps, int(seconds / max(pace, 1e-9))))
        wall, by_device = timed(device, env, actions, number)
        env.close()
        found.append(
            {
                "scenario": "default",
                "lanes": count,
                "steps": number,
                "wall_seconds": wall,
                "device_seconds": by_device,
                "steps_per_second": count * number / wall,
            }
        )
    return found


def timed(device: Device, env: VectorEnv, actions: Any, steps: int) -> tuple[float, float]:
    """Seconds of some steps, by the host's clock and by the device's."""
    with device.use():
        stream = device.callers_stream()
        device.wait(stream)
        started, start = time.perf_counter(), device.mark()
        for _ in range(steps):
            env.step(actions)
        end = device.mark()
        device.wait(stream)
        wall = time.perf_counter() - started
        return wall, device.seconds(start, end)
