"""The conformance tests pass what conforms, and notice what does not; replays from actions."""

from functools import partial
from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.envs import VectorEnv
from bucket_brigade.testing import check_backend, check_env


def test_the_cpu_conforms() -> None:
    check_env(VectorEnv, nights=40)
    check_backend("cpu", episodes=200)


class OffByOne(CpuBackend):
    """A backend that counts one too many of something."""

    fault = "nights"

    def run(self, program: Any, **options: Any) -> Any:
        counts = super().run(program, **options)
        getattr(counts, self.fault).flat[-1] += 1
        return counts


@pytest.mark.parametrize("fault", ["nights", "saved", "moments"])
def test_a_backend_that_counts_wrongly_is_noticed(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OffByOne, "fault", fault)
    with pytest.raises(AssertionError, match=f"{fault} of 10 houses"):
        check_backend(OffByOne(), episodes=200)


class Sticky(VectorEnv):
    """An environment with one fault."""

    fault = ""

    def step(self, actions: object) -> Any:
        seen, rewards, terminated, truncated, info = super().step(actions)
        if self.fault == "rewards":
            rewards[-1, -1] += np.float32(0.001)
        elif self.fault == "kind":
            terminated, truncated = truncated, terminated
        elif self.fault == "houses":
            seen["houses"][0] = 0
        elif self.fault == "episode":
            info["episode"][terminated] += np.uint64(1)
        elif self.fault == "returns":
            info["final"]["returns"] += 1
        return seen, rewards, terminated, truncated, info

    def set_state(self, lanes: Any, mask: object = None) -> Any:
        return None if self.fault == "state" else super().set_state(lanes, mask)


FAULTS = [
    ("rewards", "rewards of lane"),
    ("kind", "kind of end"),
    ("houses", "houses of lane 0"),
    ("episode", "number of the next"),
    ("returns", "returns"),
    ("state", "state put back"),
]


@pytest.mark.parametrize(("fault", "said"), FAULTS)
def test_faults_are_noticed(fault: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sticky, "fault", fault)
    with pytest.raises(AssertionError, match=said):
        check_env(partial(Sticky))


def test_actions_are_replayed() -> None:
    game = bb.scenario("hard").replace(min_nights=3, max_nights=13)
    nights = bb.replay(game, ["hero"] * 4, seed=3, episode=5)
    acts = [[(act.house, act.works, act.signal) for act in night.actions] for night in nights]
    again = bb.replay_actions(game, np.array(acts, dtype=int), seed=3, episode=5)
    assert again == nights
    for bad, said in (
        (np.zeros((2, 3, 3), dtype=int), "shape"),
        (np.zeros((2, 4, 3)), "integers"),
        ([[[0, 0, 0]] * 4, [[0, 0, 0]] * 3], "uneven"),
        (np.full((1, 4, 3), 10), r"actions\[0\].works"),
        (np.zeros((len(nights) + 90, 4, 3), dtype=int), "then the episode ended"),
    ):
        with pytest.raises(bb.InvalidValue, match=said):
            bb.replay_actions(game, bad, seed=3, episode=5)
