"""Distributions as formulas: closed forms from one rule, and numbers with an error where there is none."""
