"""The container engine: reaching it, what is built and confined there, and whose each thing is."""
