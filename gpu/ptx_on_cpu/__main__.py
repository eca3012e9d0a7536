"""``python -m ptx_on_cpu``: `cuda-model`, where `bucket-brigade` is not on the path."""

import typer

from ptx_on_cpu.cli import cuda_model

if __name__ == "__main__":
    typer.run(cuda_model)
