"""CPU seconds and memory of a stack: meters for processes and containers, and what samples them during a trial."""
