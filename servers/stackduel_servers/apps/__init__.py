"""One short service a framework, all over the same core."""
