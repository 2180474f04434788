"""The time inside a Triton server, read from its own statistics."""
