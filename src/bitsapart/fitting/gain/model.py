"""A model whose posterior is a formula: the contract of conjugate models."""

from abc import ABC, abstractmethod
from typing import Any

from bitsapart.families.distribution import Distribution
from bitsapart.families.found import Found


class ConjugateModel(ABC):
    """A prior, a design, and what data would make of it."""

    prior: Distribution

    @abstractmethod
    def posterior(self, data: Any) -> Distribution:
        """What is known after the data."""

    @abstractmethod
    def expected_gain(self) -> Found:
        """E KL(posterior || prior) over data that the prior predicts, in nats: the mutual information of both."""

    @abstractmethod
    def p_value(self, data: Any) -> float:
        """The prior-predictive probability of data no more probable than these. Box 1980, section 2."""
