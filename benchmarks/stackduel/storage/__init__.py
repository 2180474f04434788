"""The files of a run: write, read and lock run.json, and its JSON Schema.

Imports only ``analysis`` and ``model``; must not import ``report`` or any package that measures.
"""
