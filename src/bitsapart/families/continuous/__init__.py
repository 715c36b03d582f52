"""Families of one number with a density, one a file."""
