"""Trials as metrics of Prometheus: as a file of OpenMetrics, and pushed by remote write."""
