"""What a comparison of models was asked for, checked before anything is read."""

from dataclasses import dataclass

from bitsapart.values.errors import UsageError


@dataclass(frozen=True)
class Options:
    """The numbers that shape the answer."""

    vocabulary: int | None
    """Only the first so many columns are compared; all, where None."""
    confident: float
    level: float
    worst: int
    seed: int

    def __post_init__(self) -> None:
        if self.vocabulary is not None and not (is_whole(self.vocabulary) and self.vocabulary >= 1):
            raise UsageError(
                f"vocabulary should be the number of tokens that are real, at least 1, not {self.vocabulary!r}"
            )
        for name in ("confident", "level"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and 0.0 < value < 1.0):
                raise UsageError(f"{name} should be between 0 and 1, such as 0.9, not {value!r}")
        for name in ("worst", "seed"):
            value = getattr(self, name)
            if not (is_whole(value) and value >= 0):
                raise UsageError(f"{name} should be a whole number that is not negative, not {value!r}")


def is_whole(value: object) -> bool:
    """Whether a value is a whole number, a bool apart."""
    return hasattr(value, "__index__") and not isinstance(value, bool)
