"""Stackduel measures Python web stacks: it launches them, loads them, compares them and reports."""
