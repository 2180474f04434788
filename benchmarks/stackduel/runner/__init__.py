"""From a plan to trials: what launches, verifies, loads, observes, judges and saves."""
