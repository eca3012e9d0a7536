"""The simplest environments of other libraries, to be stepped beside ours with random actions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.baselines.common import NotInstalled

__all__ = ["LANES", "OTHERS", "Play"]

#: Environments in step.
LANES = 1024
#: Plays a number of steps in all of them.
Play = Callable[[int], object]


def envpool_env(task: str) -> Callable[[], Play]:
    """EnvPool's environments in C++, on one thread."""

    def build() -> Play:
        try:
            import envpool
        except ImportError as error:
            raise NotInstalled("envpool is not installed") from error
        env = envpool.make(task, env_type="gymnasium", num_envs=LANES, num_threads=1)
        env.reset()
        rng = np.random.default_rng(0)
        actions = rng.integers(env.action_space.n, size=(16, LANES)).astype(np.int32)

        def play(steps: int) -> None:
            for step in range(steps):
                env.step(actions[step % 16])

        return play

    return build


def gymnasium_env(task: str) -> Callable[[], Play]:
    """Gymnasium's own vector environment: NumPy over all lanes."""

    def build() -> Play:
        try:
            import gymnasium
        except ImportError as error:
            raise NotInstalled("gymnasium is not installed") from error
        env: Any = gymnasium.make_vec(task, num_envs=LANES, vectorization_mode="vector_entry_point")
        env.reset(seed=0)
        rng = np.random.default_rng(0)
        actions = rng.integers(env.single_action_space.n, size=(16, LANES))

        def play(steps: int) -> None:
            for step in range(steps):
                env.step(actions[step % 16])

        return play

    return build


def jaxmarl_env(task: str) -> Callable[[], Play]:
    """JaxMARL's environments: steps of all lanes, and drawing the actions, in one compiled loop."""

    def build() -> Play:
        try:
            import jax
            from jaxmarl import make
        except ImportError as error:
            raise NotInstalled("jaxmarl is not installed") from error
        env = make(task)

        def step_lane(key: Any, state: Any) -> tuple[Any, Any]:
            act, go = jax.random.split(key)
            keys = jax.random.split(act, env.num_agents)
            actions = {
                agent: env.action_space(agent).sample(each)
                for agent, each in zip(env.agents, keys, strict=True)
            }
            seen, state, rewards, _, _ = env.step(go, state, actions)
            return state, (seen, rewards)

        def sixteen(key: Any, states: Any) -> Any:
            def step(states: Any, key: Any) -> tuple[Any, Any]:
                states, brought = jax.vmap(step_lane)(jax.random.split(key, LANES), states)
                return states, jax.tree.map(lambda each: each.sum(), brought)

            return jax.lax.scan(step, states, jax.random.split(key, 16))

        compiled = jax.jit(sixteen)
        keys = jax.random.split(jax.random.key(0), LANES)
        now = [jax.jit(jax.vmap(env.reset))(keys)[1]]

        def play(steps: int) -> None:
            for i in range(max(1, steps // 16)):
                now[0], brought = compiled(jax.random.key(i), now[0])
            jax.block_until_ready(brought)

        return play

    return build


#: By name, what makes them; `NotInstalled` where their library is missing.
OTHERS: dict[str, Callable[[], Play]] = {
    "EnvPool CartPole": envpool_env("CartPole-v1"),
    "EnvPool Catch": envpool_env("Catch-v0"),
    "JaxMARL coin game": jaxmarl_env("coin_game"),
    "JaxMARL MPE spread": jaxmarl_env("MPE_simple_spread_v3"),
    "Gymnasium CartPole, in NumPy": gymnasium_env("CartPole-v1"),
}
