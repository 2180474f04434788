"""What flows through a run, as values: suite, stack, trial, measurement, run.

Imports nothing else of stackduel, and no I/O.
"""
