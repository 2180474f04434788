"""From files and options to what will be measured, in which order.

Imports ``search``, ``analysis`` and ``model``; its only I/O is reading.
"""
