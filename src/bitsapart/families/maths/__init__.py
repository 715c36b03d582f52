"""Functions that divergences are made of, exact where textbook formulas are not."""
