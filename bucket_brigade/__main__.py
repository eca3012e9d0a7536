"""``python -m bucket_brigade``: the command line."""

from bucket_brigade.cli import main

if __name__ == "__main__":
    main()
