"""The code that every stack shares: no framework is imported here, so only the framework differs between stacks."""
