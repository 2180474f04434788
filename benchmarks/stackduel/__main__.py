"""``python -m stackduel`` is ``stackduel``."""

from stackduel.cli import main

if __name__ == "__main__":
    main()
