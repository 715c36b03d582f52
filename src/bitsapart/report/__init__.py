"""From results to text, JSON, HTML and pictures."""
