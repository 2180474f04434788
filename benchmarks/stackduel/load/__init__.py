"""The load engine: a schedule, clients, worker processes, and the engine that drives them."""
