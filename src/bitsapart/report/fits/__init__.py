"""Fits of several families, or in both directions, to one target: as text, JSON, HTML and rows."""
