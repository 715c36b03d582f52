"""Entropy from counts: one estimator a file, each a function of counts (..., outcomes) to nats (...)."""
