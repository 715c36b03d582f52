"""Two language models compared, as text, JSON, a page and a frame."""
