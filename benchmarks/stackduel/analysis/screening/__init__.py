"""Screening of many switches at once: designs, effects with intervals, the published claims beside them. No I/O."""
