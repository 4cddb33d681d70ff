"""`python -m verify` is `gradproof`."""

import sys
from pathlib import Path

from verify.command.main import main

if __name__ == "__main__":
    if Path(sys.path[0]).resolve() != Path(__file__).resolve().parent.parent:
        del sys.path[0]  # -m puts the working directory there, whose `layers` would be taken for ours
    sys.exit(main())
