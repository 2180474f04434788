"""Check that every stack of this machine answers rightly: ``python benchmarks/quick_test.py``."""

import sys

from stackduel.__main__ import main

if __name__ == "__main__":
    main(["verify", *sys.argv[1:]])
