"""Conditions on a run, such as ``speedup(quart-hypercorn, waiting-100) < 2``: read, checked, judged."""
