"""Two language models compared, and several candidates ranked: as text, JSON, a page and a frame."""
