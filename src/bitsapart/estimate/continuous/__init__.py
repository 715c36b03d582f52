"""From samples of numbers, without bins: entropy, divergence and mutual information."""
