"""``python -m bucket_brigade_cuda cuda-check`` and so on, where `bucket-brigade` is not on the
path."""

import typer

from bucket_brigade_cuda.cli import cuda_check, cuda_compile

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for command in (cuda_check, cuda_compile):
    app.command()(command)

if __name__ == "__main__":
    app()
