"""Designs of experiments: which switches are on in which run.

A Plackett-Burman design of N runs estimates up to N - 1 main effects, each from all N runs and each as precisely as
if it alone had been varied (R. L. Plackett and J. P. Burman, The design of optimum multifactorial experiments,
Biometrika 33, 1946). One switch at a time would take twice as many runs for each switch to be as precise.

Alone it mixes each main effect with the interactions of other pairs of switches. So half of the replicates are the
design's mirror image, every switch the other way round: over both halves the main effects are free of two-factor
interactions (G. E. P. Box and K. B. Wilson, On the experimental attainment of optimum conditions, JRSS B 13, 1951).
"""

from __future__ import annotations

from itertools import product

# A level for each column: 1 is on, -1 is off.
Levels = tuple[int, ...]

# The first rows of the cyclic designs of Plackett and Burman, table 1; + is on.
GENERATORS = {
    12: "++-+++---+-",
    20: "++--++++-+-+----++-",
    24: "+++++-+-++--++--+-+----",
}
# Columns without a switch: what they seem to do is chance, and a design without replicates has no other error.
FEWEST_UNUSED = 3
MOST_SWITCHES = max(GENERATORS) - 1 - FEWEST_UNUSED


def plackett_burman(runs: int) -> tuple[Levels, ...]:
    """Return the design of so many runs, with a level for each of its ``runs - 1`` columns.

    Every row is the one before moved by one place, and in the last one everything is off.
    """
    first = [1 if sign == "+" else -1 for sign in GENERATORS[runs]]
    cyclic = [tuple(first[-shift:] + first[:-shift]) for shift in range(runs - 1)]
    return (*cyclic, (-1,) * (runs - 1))


def runs_for(switches: int) -> int:
    """Return the fewest runs that screen so many switches; raise ValueError if no design has enough columns."""
    for runs in sorted(GENERATORS):
        if switches + FEWEST_UNUSED < runs:
            return runs
    raise ValueError(f"at most {MOST_SWITCHES} switches can be screened together, not {switches}")


def mirrored(design: tuple[Levels, ...]) -> tuple[Levels, ...]:
    """Return the design with every switch the other way round."""
    return tuple(tuple(-level for level in row) for row in design)


def full_factorial(switches: int) -> tuple[Levels, ...]:
    """Return every combination of so many switches, all off first and all on last."""
    return tuple(product((-1, 1), repeat=switches))
