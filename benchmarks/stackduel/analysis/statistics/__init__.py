"""Statistics: intervals, medians, slopes. No I/O."""
