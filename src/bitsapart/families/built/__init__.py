"""Distributions made of others: mixtures, products, transforms, truncations, tables."""
