"""What data taught: the information gained from prior to posterior, what was to be expected, and surprises."""
