"""Compare the classic stacks as local processes: ``python benchmarks/benchmark.py``."""

import sys

from stackduel.__main__ import main

if __name__ == "__main__":
    main(["run", "classic", *sys.argv[1:]])
