"""What one language model loses against another, token by token."""
