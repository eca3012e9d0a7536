"""The benchmark: ``python -m bench``. See README.md here for what its columns mean."""
