"""Information measures of exact distributions, in nats; one textbook word a file."""
