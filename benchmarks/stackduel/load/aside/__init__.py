"""Clients beside a load that behave otherwise than its own: they leave in the middle, or read slowly."""
