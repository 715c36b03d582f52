"""The nouns: unit, estimate, account, encoding, plan, histogram, contingency, errors. All frozen."""
