"""What every stack shares: no framework is imported here, so that only the framework differs between stacks."""
