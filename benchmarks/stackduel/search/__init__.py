"""Search strategies: each yields loads to try, receives their results, and returns the result for a stack.

Imports only ``analysis`` and ``model``; must not do I/O.
"""
