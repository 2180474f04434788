"""Search strategies: each yields loads to try, receives their results, and returns the result for a stack.

Imports only ``model`` and ``analysis``, and does no I/O.
"""
