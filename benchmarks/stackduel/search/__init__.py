"""Search strategies: each yields loads to try, is sent their results, and returns what it found on a stack.

Imports only ``model`` and ``analysis``, and no I/O.
"""
