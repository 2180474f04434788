"""Compare what ``docker compose up`` started: ``python benchmarks/benchmark_docker.py``."""

import sys

from stackduel.__main__ import main

if __name__ == "__main__":
    main(["run", "classic", "--launcher", "compose", *sys.argv[1:]])
