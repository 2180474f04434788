"""The report as one HTML file that opens offline: sections of values, drawn by a kept charting library."""
