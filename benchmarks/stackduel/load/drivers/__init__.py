"""The clients that send requests: the raw HTTP/1.1 client, aiohttp and gRPC, for closed and open loops."""
