"""The container engine: connection, images, limits of containers, and ownership of containers and networks."""
