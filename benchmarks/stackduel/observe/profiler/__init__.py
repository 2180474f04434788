"""Runs py-spy beside a server: from this machine for a local one, from a container of its own for a container."""
