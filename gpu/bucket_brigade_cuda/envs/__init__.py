"""Environments on a device: the lanes of a `bucket_brigade.envs.VectorEnv` in its memory."""
