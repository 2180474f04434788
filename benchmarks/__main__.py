"""``python -m benchmarks`` is ``stackduel``."""

from benchmarks.cli import main

if __name__ == "__main__":
    main()
