"""The files of a run: write, read and lock run.json, and its JSON Schema.

Imports only ``planning`` and packages below it; never ``report`` or anything that measures.
"""
