"""What a fit gives: the closest member, what it costs, and how that is known. All in bits."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from bitsapart.families.distribution import Distribution
from bitsapart.values.estimate import Estimate
from bitsapart.values.shown import Shown

Direction = Literal["forward", "reverse"]


@dataclass(frozen=True)
class FittedParameter:
    """A parameter of the fitted member, as the family calls it, an entry each for vectors ("mean[1]").

    ``value`` is an Estimate without a unit: its interval is that of sampling (kind "confidence") for data, the error of
    the computation ("bound" or "exact") else.
    """

    name: str
    value: Estimate


@dataclass(frozen=True)
class Minimum:
    """A stationary point of the divergence that the search found."""

    distribution: Distribution
    divergence: Estimate
    kind: Literal["minimum", "saddle", "maximum"]
    best: bool
    """Whether its divergence is the smallest of all that were found."""


@dataclass(frozen=True)
class Certificate:
    """How far the fit can be from the best one, in bits.

    ``proved`` says whether ``gap`` is a bound by convexity (Fenchel's gap, strong convexity), up to rounding, or what a
    search over a box found. ``residual`` is the stationarity residual: the largest entry of the gradient in whitened
    parameters, or of E_q grad log p and Sigma E_q Hess log p + I.
    """

    kind: str
    gap: float
    proved: bool
    residual: float
    note: str = ""


@dataclass(frozen=True)
class Step:
    """A step of the descent that was watched: the divergence in bits, and the parameters at it."""

    divergence: float
    parameters: tuple[float, ...]


@dataclass(frozen=True)
class Picture:
    """Target and fit on a grid, for who wants to see them; empty in more than two dimensions.

    Of one dimension: ``x`` and the density (or probability) of the target there, where it is known, else a histogram of
    the sample as (``edges``, ``heights``).
    """

    x: tuple[float, ...] = ()
    target: tuple[float, ...] = ()
    fitted: tuple[float, ...] = ()
    edges: tuple[float, ...] = ()
    heights: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Fit(Shown):
    """The member of a family that is closest to a target.

    Forward, KL(P || Q) with the target P as the truth: H(P, Q) = floor H(P) + family misfit KL(P || Q*) + parameter
    error KL(Q* || Q), where Q* is the closest member and Q the one that a sample gave. Reverse, KL(Q || P): the roles
    in ``divergence`` are exchanged, ``entropy`` is H(Q), and ``log_normaliser`` is that of an unnormalised target.
    """

    report: ClassVar[str] = "bitsapart.report.fit"

    family: str
    direction: Direction
    target: str
    """In words: "27,004 samples of dep_delay", "Mixture(...)", "a log density in 5 dimensions"."""
    n: int
    """Rows behind the target, 0 where it is a formula."""
    dimension: int
    distribution: Distribution
    parameters: tuple[FittedParameter, ...]
    entropy: Estimate
    misfit: Estimate
    parameter_error: Estimate
    divergence: Estimate
    """Forward, misfit + parameter error."""
    minima: tuple[Minimum, ...]
    certificate: Certificate
    diagnostics: dict[str, Estimate] = field(default_factory=dict)
    """By name: "khat", "khat_threshold", "elbo", "log_normaliser", "forward_divergence" ..., where they apply."""
    trace: tuple[Step, ...] = ()
    picture: Picture = Picture()
    notes: tuple[str, ...] = ()

    @property
    def cross_entropy(self) -> Estimate:
        """H(P, Q) = entropy + divergence (reverse, H(Q, P)), whose value is exactly their sum."""
        own, excess = self.entropy, self.divergence
        ends = [None if a is None or b is None else a + b for a, b in ((own.low, excess.low), (own.high, excess.high))]
        return replace(excess, value=own.value + excess.value, low=ends[0], high=ends[1])


@dataclass(frozen=True)
class Candidate:
    """A family of a comparison: its fits, and what a new value costs under it."""

    family: str
    fits: tuple[Fit, ...]
    """One a direction; none where there is no minimiser, and then ``note`` says why."""
    held_out: Estimate | None
    """Cross-entropy of rows that the fit has not seen, cross-validated, in bits a row; None where there are no rows."""
    above_best: Estimate | None
    """Held-out bits above those of the best candidate, paired."""
    note: str = ""


@dataclass(frozen=True, eq=False)
class FitComparison(Shown):
    """Several families, or both directions, fitted to one target; best first."""

    report: ClassVar[str] = "bitsapart.report.fits"

    target: str
    n: int
    entropy: Estimate
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> Fit:
        """The first fit of the best candidate."""
        return next(candidate.fits[0] for candidate in self.candidates if candidate.fits)
