"""`python -m gradproof` is `gradproof`."""

import sys
from pathlib import Path


def main() -> int:
    """Run the command; returns the exit status."""
    from verify.command.main import main as command

    return command()


if __name__ == "__main__":
    if Path(sys.path[0]).resolve() != Path(__file__).resolve().parent.parent:
        del sys.path[0]  # -m puts the working directory there, whose `verify` or `reports` would be taken for ours
    sys.exit(main())
