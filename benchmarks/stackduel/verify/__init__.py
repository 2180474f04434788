"""One HTTP exchange, the cases of the HTTP contract, and whether answers are right."""
