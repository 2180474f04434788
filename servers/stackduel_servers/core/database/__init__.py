"""The endpoints that need a database, without any framework; a driver is imported by the applications alone."""
