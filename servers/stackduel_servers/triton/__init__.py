"""The genuine Triton inference server: installed from a package, started with our models."""
