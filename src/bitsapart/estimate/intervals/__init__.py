"""Intervals for the truth behind an estimate: one method a file."""
