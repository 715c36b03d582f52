"""A comparison of two tables, as text, JSON, a page and a frame."""
