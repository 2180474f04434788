"""The report as one HTML file that opens offline; the charting library is part of it."""
