"""Pillow in three builds of one version, each in a Python environment of its own that a stack is started with.

Imports no framework and nothing of the core, which runs inside these environments.
"""
