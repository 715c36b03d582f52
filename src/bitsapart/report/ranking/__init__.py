"""Several candidates ranked against one base, as text, JSON, a page and a frame."""
