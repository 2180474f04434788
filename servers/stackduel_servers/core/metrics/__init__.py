"""The metrics of a service for Prometheus: what is recorded, and the page that it reads. Off unless METRICS is on."""
