"""The load engine: a schedule (pure), clients, worker processes, and the engine that drives them."""
