"""The folder of a run: write, read and lock run.json, its JSON Schema, redaction of secrets, and the index of runs.

A key that is added to run.json is optional, with None as its default: older runs are read without it, and written with
null.

Imports only ``analysis`` and ``model``; must not import ``report`` or any package that measures.
"""
