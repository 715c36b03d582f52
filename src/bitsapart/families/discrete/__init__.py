"""Families of whole numbers and categories, one a file."""
