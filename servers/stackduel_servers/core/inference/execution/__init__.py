"""Where a model runs: in the caller's thread, in another thread, or in a batch with others."""
