"""What a model's cross-entropy is made of."""
