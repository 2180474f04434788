"""Runs over time: the summary of each, the changes between two, and the trend over many."""
