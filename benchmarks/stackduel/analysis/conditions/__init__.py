"""Conditions on a run (``--fail-on``), such as ``speedup(quart-hypercorn, waiting-100) < 2``: read, checked, evaluated.

Imports only ``model`` and the rest of ``analysis``, and no I/O.
"""
