"""Reading what a stack and its host spend: CPU seconds, memory, noise."""
