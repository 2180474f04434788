"""The values that flow through a run: suite, stack, trial, measurement, run.

Imports nothing else of stackduel, and no I/O.
"""
