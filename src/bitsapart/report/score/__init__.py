"""A score: its ladder and what it is made of, as text, JSON, a page and a frame."""
