"""The runner: launches stacks, loads them, measures, compares and reports."""
