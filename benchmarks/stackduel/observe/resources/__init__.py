"""CPU seconds and memory of a stack: meters for processes and containers, and the watch that samples them."""
