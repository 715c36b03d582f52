"""The distribution closest to Q among all that have given margins or moments."""
