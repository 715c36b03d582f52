"""Distributions of other libraries as ours, one library a file."""
