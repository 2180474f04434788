"""What every stack must answer: requests with their right answers."""
