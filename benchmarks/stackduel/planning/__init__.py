"""From files and options to a RunPlan: what a run measures, and in which order.

Imports ``search``, ``analysis`` and ``model``; its only I/O is reading.
"""
