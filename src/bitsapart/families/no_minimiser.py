"""A divergence that has a lower bound which no member of the family reaches."""

from bitsapart.values.errors import UsageError


class NoMinimiserError(UsageError):
    """No member of the family is closest: it would lie on the boundary of the family, or the moments do not exist."""
