"""Compare the classic stacks as local processes: ``python benchmarks/benchmark.py``."""

import sys
from pathlib import Path

# Run as a file, its own folder would stand for the packages beside it.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.cli import main

if __name__ == "__main__":
    main(["run", "classic", *sys.argv[1:]])
