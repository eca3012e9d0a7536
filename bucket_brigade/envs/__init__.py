"""Environments: the game night by night, with agents of your own (docs/environments.md).

`VectorEnv` is the environment itself, arrays in and arrays out. The others put it behind the
interface of a library: `gymnasium`, `pettingzoo`; `BucketBrigadeEnv`, `original` and
`original_gymnasium` keep the interface of the original project.
"""

from bucket_brigade.envs.batch import Lanes, VectorEnv
from bucket_brigade.envs.original import BucketBrigadeEnv

__all__ = ["BucketBrigadeEnv", "Lanes", "VectorEnv"]
