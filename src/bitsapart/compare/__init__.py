"""Compare two tables."""
