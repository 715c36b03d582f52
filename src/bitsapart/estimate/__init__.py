"""From counts to numbers with intervals and p-values; everything in nats."""
