"""Commits of the user's repository as folders to run: worktrees, the Python environment of each, and what is imported.

It starts git, pip and the user's interpreter, and imports ``model`` and ``planning``; it knows nothing of runs.
"""
