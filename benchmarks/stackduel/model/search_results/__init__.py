"""The result of each kind of search on one stack, with the sentence that reports print."""
