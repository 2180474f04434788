"""Check that every stack of this machine answers rightly: ``python benchmarks/quick_test.py``."""

import sys
from pathlib import Path

# Run as a file, its own folder would stand for the packages beside it.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.cli import main

if __name__ == "__main__":
    main(["verify", *sys.argv[1:]])
