"""`python -m verify` is `gradproof`."""

import sys

from verify.cli import main

if __name__ == "__main__":
    sys.exit(main())
