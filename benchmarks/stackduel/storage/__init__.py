"""The folder of a run: write, read and lock run.json, its JSON Schema, redaction of secrets, and the index of runs.

Imports only ``analysis`` and ``model``; must not import ``report`` or any package that measures.
"""
