"""Search strategies: each yields loads to try, is sent their results, and returns the result for a stack.

Imports only ``model`` and ``analysis``, and no I/O.
"""
