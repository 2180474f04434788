"""Conclusions from a run's trials: statistics, gates, comparisons, bottlenecks, advice, conditions.

Imports only ``model``, and no I/O.
"""
