"""The content of answers: bodies decoded, read as values, and compared place by place."""
