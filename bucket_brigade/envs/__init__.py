"""Environments: the game night by night, with agents of your own (docs/environments.md).

`VectorEnv` is the environment itself, arrays in and arrays out. The others put it behind the
interface of a library: `gymnasium`, `pettingzoo`.
"""

from bucket_brigade.envs.batch import Lanes, VectorEnv

__all__ = ["Lanes", "VectorEnv"]
