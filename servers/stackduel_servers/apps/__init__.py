"""One short service for each framework, all over the same core."""
