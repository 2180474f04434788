"""Showing a run: one renderer a file, all computed from the run alone."""
