"""Access logs, line by line: combined, Gunicorn's own, and JSON."""
