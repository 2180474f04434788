"""Runs beside each other: which there are, what changed between two, and how figures went over many."""
