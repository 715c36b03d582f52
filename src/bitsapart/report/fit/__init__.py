"""A fit: as text, JSON, HTML and rows."""
