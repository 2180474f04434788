"""The places where a model runs: in the caller's thread, on another thread, in a batch, or on a Triton server."""
