"""The truth of every measure, by mpmath, from the exact binary values of the inputs, exactly normalised.

A measure is evaluated as its textbook formula reads; all care is in the number of digits. Outcomes that repeat are
given once, with how often (`times`), so ten million outcomes cost no more than their distinct values. All in nats.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import inf, isinf, log10

from mpmath import mp, mpf

SHOWN = 30
"""Digits of a truth when written."""
SPARE = 80
"""Digits beyond the span of the inputs: differences of 1e-15 give values of 1e-30, of which 40 digits remain."""
DEEPEST = 800
"""No wider span of inputs matters: what lies 800 decades down is 0 in any float."""
NEGLIGIBLE = 400
"""Decades below which two evaluations need not agree."""


@dataclass(frozen=True)
class Given:
    """Inputs as a user holds them: distributions (or one joint table, flat, with its shape), as exact floats."""

    arrays: Sequence[Sequence[float]]
    times: Sequence[int] | None = None
    logits: bool = False
    weights: Sequence[float] | None = None
    shape: tuple[int, ...] | None = None

    def span(self) -> int:
        """Decades between the largest and the smallest probability that is not 0."""
        if self.logits:
            finite = [[x for x in row if not isinf(x)] for row in self.arrays]
            decades = max(max(row) - min(row) for row in finite) / 2.3
        else:
            positive = [[x for x in row if x > 0] for row in self.arrays]
            decades = max(log10(max(row)) - log10(min(row)) for row in positive)
        return min(DEEPEST, int(decades) + 1)


@dataclass(frozen=True)
class Exact:
    """A distribution at the working precision; `log` is -inf where `p` is 0; outcome i stands for times[i] outcomes."""

    p: list[mpf]
    times: Sequence[int]
    scale: mpf
    """What a unit of an input was divided by."""
    log: list[mpf] = field(default_factory=list)

    def sum(self, terms: Sequence[mpf]) -> mpf:
        return mp.fsum(n * term for n, term in zip(self.times, terms, strict=True))


def log_of(x: mpf) -> mpf:
    return mp.log(x) if x else mpf("-inf")


def root(x: mpf) -> mpf:
    """The square root, but 0 of what is rounding and no more: its root would be half as deep."""
    return mp.sqrt(x) if x > mpf(10) ** -zero_below(mp.dps) else mpf(0)


def from_probabilities(row: Sequence[float], times: Sequence[int]) -> Exact:
    total = mp.fsum(n * mpf(x) for n, x in zip(times, row, strict=True))
    p = [mpf(x) / total for x in row]
    return Exact(p, times, total, [log_of(x) for x in p])


def from_logits(row: Sequence[float], times: Sequence[int]) -> Exact:
    top = mpf(max(row))
    total = mp.fsum(n * mp.exp(mpf(x) - top) for n, x in zip(times, row, strict=True))
    shift = top + mp.log(total)
    log = [mpf(x) - shift for x in row]
    return Exact([mp.exp(x) for x in log], times, mpf(1), log)


@dataclass(frozen=True)
class Subject:
    """The inputs at the working precision."""

    given: Given

    @cached_property
    def all(self) -> list[Exact]:
        read = from_logits if self.given.logits else from_probabilities
        return [read(row, self.given.times or [1] * len(row)) for row in self.given.arrays]

    @property
    def p(self) -> Exact:
        return self.all[0]

    @property
    def q(self) -> Exact:
        return self.all[1]

    @cached_property
    def weights(self) -> list[mpf]:
        return from_probabilities(self.given.weights or [1.0] * len(self.all), [1] * len(self.all)).p

    @cached_property
    def mixture(self) -> Exact:
        parts = [[w * x for x in one.p] for w, one in zip(self.weights, self.all, strict=True)]
        p = [mp.fsum(column) for column in zip(*parts, strict=True)]
        return Exact(p, self.p.times, mpf(1), [log_of(x) for x in p])

    @cached_property
    def affinities(self) -> dict[float, mpf]:
        """Sums of p^a q^(1 - a) found so far: three families use them."""
        return {}

    def affinity(self, alpha: float) -> mpf:
        if alpha not in self.affinities:
            self.affinities[alpha] = self.p.sum(affinity_terms(self.p, self.q, mpf(alpha)))
        return self.affinities[alpha]

    def marginal_entropy(self, axes: tuple[int, ...]) -> mpf:
        """The entropy of the variables on these axes of the joint table."""
        shape = self.given.shape or ()
        sums: dict[tuple[int, ...], list[mpf]] = {}
        for index, x in zip(product(*map(range, shape)), self.p.p, strict=True):
            sums.setdefault(tuple(index[axis] for axis in axes), []).append(x)
        p = [mp.fsum(cell) for cell in sums.values()]
        return -mp.fsum(x * mp.log(x) for x in p if x)


def affinity_terms(p: Exact, q: Exact, alpha: mpf) -> list[mpf]:
    return [affinity_term(*outcome, alpha) for outcome in zip(p.log, q.log, strict=True)]


def affinity_term(log_p: mpf, log_q: mpf, alpha: mpf) -> mpf:
    """p^a q^(1 - a) with its limits: 0^a 0^(1 - a) = 0, and a zero to a negative power is infinite."""
    if mp.isinf(log_p) and mp.isinf(log_q):
        return mpf(0)
    if mp.isinf(log_p):
        return mpf(0) if alpha > 0 else mpf("inf")
    if mp.isinf(log_q):
        return mpf(0) if alpha < 1 else mpf("inf")
    return mp.exp(alpha * log_p + (1 - alpha) * log_q)


# measures of one distribution ---------------------------------------------------------------------------------------


def entropy_of(p: Exact) -> mpf:
    return -p.sum([x * log if x else mpf(0) for x, log in zip(p.p, p.log, strict=True)])


def power_sum(p: Exact, alpha: float) -> mpf:
    return p.sum([mp.exp(mpf(alpha) * log) if x else mpf(0) for x, log in zip(p.p, p.log, strict=True)])


def entropy(s: Subject) -> mpf:
    return entropy_of(s.p)


def perplexity(s: Subject) -> mpf:
    return mp.exp(entropy_of(s.p))


def renyi_entropy(s: Subject, alpha: float) -> mpf:
    if alpha == 1:
        return entropy_of(s.p)
    if alpha == inf:
        return -max(s.p.log)
    return mp.log(power_sum(s.p, alpha)) / (1 - mpf(alpha))


def tsallis_entropy(s: Subject, q: float) -> mpf:
    return entropy_of(s.p) if q == 1 else (1 - power_sum(s.p, q)) / (mpf(q) - 1)


# measures of two ----------------------------------------------------------------------------------------------------


def kl_of(p: Exact, q: Exact) -> mpf:
    if any(x and not y for x, y in zip(p.p, q.p, strict=True)):
        return mpf("inf")
    outcomes = zip(p.p, p.log, q.log, strict=True)
    return p.sum([x * (log_p - log_q) if x else mpf(0) for x, log_p, log_q in outcomes])


def kl_divergence(s: Subject) -> mpf:
    return kl_of(s.p, s.q)


def information_gain(s: Subject) -> mpf:
    return kl_of(s.q, s.p)


def cross_entropy(s: Subject) -> mpf:
    return entropy_of(s.p) + kl_of(s.p, s.q)


def jeffreys_divergence(s: Subject) -> mpf:
    return kl_of(s.p, s.q) + kl_of(s.q, s.p)


def js_divergence(s: Subject) -> mpf:
    return mp.fsum(w * kl_of(one, s.mixture) for w, one in zip(s.weights, s.all, strict=True) if w)


def js_distance(s: Subject) -> mpf:
    return root(js_divergence(s))


def renyi_divergence(s: Subject, alpha: float) -> mpf:
    if alpha == 1:
        return kl_of(s.p, s.q)
    if alpha == inf:
        return max(log_p - log_q for x, log_p, log_q in zip(s.p.p, s.p.log, s.q.log, strict=True) if x)
    if alpha == 0:
        return -log_of(s.p.sum([y if x else mpf(0) for x, y in zip(s.p.p, s.q.p, strict=True)]))
    return log_of(s.affinity(alpha)) / (mpf(alpha) - 1)


def tsallis_divergence(s: Subject, alpha: float) -> mpf:
    return kl_of(s.p, s.q) if alpha == 1 else (s.affinity(alpha) - 1) / (mpf(alpha) - 1)


def alpha_divergence(s: Subject, alpha: float) -> mpf:
    if alpha == 0:
        return kl_of(s.q, s.p)
    return tsallis_divergence(s, alpha) / mpf(alpha)


def bhattacharyya_coefficient(s: Subject) -> mpf:
    return s.affinity(0.5)


def bhattacharyya_distance(s: Subject) -> mpf:
    return -log_of(s.affinity(0.5))


def squared_hellinger(s: Subject) -> mpf:
    return 1 - s.affinity(0.5)


def hellinger_distance(s: Subject) -> mpf:
    return root(1 - s.affinity(0.5))


def total_variation(s: Subject) -> mpf:
    return s.p.sum([abs(x - y) for x, y in zip(s.p.p, s.q.p, strict=True)]) / 2


def chi_squared_of(p: Exact, q: Exact) -> mpf:
    if any(x and not y for x, y in zip(p.p, q.p, strict=True)):
        return mpf("inf")
    return p.sum([(x - y) ** 2 / y if y else mpf(0) for x, y in zip(p.p, q.p, strict=True)])


def chi_squared_divergence(s: Subject) -> mpf:
    return chi_squared_of(s.p, s.q)


def neyman_chi_squared_divergence(s: Subject) -> mpf:
    return chi_squared_of(s.q, s.p)


# joint tables -------------------------------------------------------------------------------------------------------


def joint_entropy(s: Subject) -> mpf:
    return entropy_of(s.p)


def conditional_entropy(s: Subject) -> mpf:
    return entropy_of(s.p) - s.marginal_entropy((0,))


def mutual_information(s: Subject) -> mpf:
    return s.marginal_entropy((0,)) + s.marginal_entropy((1,)) - entropy_of(s.p)


def conditional_mutual_information(s: Subject) -> mpf:
    with_z = s.marginal_entropy((0, 2)) + s.marginal_entropy((1, 2))
    return with_z - entropy_of(s.p) - s.marginal_entropy((2,))


def total_correlation(s: Subject) -> mpf:
    return mp.fsum(s.marginal_entropy((axis,)) for axis in range(len(s.given.shape or ()))) - entropy_of(s.p)


# gradients ----------------------------------------------------------------------------------------------------------
# By probability: of f(p / sum p). With r_i the slope of f along outcome i less its mean under p, d/dp_i = r_i / sum p
# and d/dlogit_i = p_i r_i. A slope is None where it has no value (0/0).

Slope = mpf | None


def entropy_slopes(s: Subject) -> list[list[Slope]]:
    mean = entropy_of(s.p)
    return [[-log - mean for log in s.p.log]]


def cross_entropy_slopes(s: Subject) -> list[list[Slope]]:
    mean = cross_entropy(s)
    return [[-log - mean for log in s.q.log], excess_slopes(s)]


def kl_divergence_slopes(s: Subject) -> list[list[Slope]]:
    mean = kl_divergence(s)
    return [[log_ratio(*logs) - mean for logs in zip(s.p.log, s.q.log, strict=True)], excess_slopes(s)]


def js_divergence_slopes(s: Subject) -> list[list[Slope]]:
    slopes: list[list[Slope]] = []
    for w, one in zip(s.weights, s.all, strict=True):
        mean = kl_of(one, s.mixture)
        slopes.append([w * (log_ratio(*logs) - mean) for logs in zip(one.log, s.mixture.log, strict=True)])
    return slopes


def renyi_divergence_slopes(s: Subject, alpha: float) -> list[list[Slope]]:
    if alpha == 1:
        return kl_divergence_slopes(s)
    a, total = mpf(alpha), s.affinity(alpha)
    shares = [term / total for term in affinity_terms(s.p, s.q, a)]
    by_p = [a / (a - 1) * (share / x - 1) if x else None for share, x in zip(shares, s.p.p, strict=True)]
    by_q = [1 - share / y if y else None for share, y in zip(shares, s.q.p, strict=True)]
    return [by_p, by_q]


def excess_slopes(s: Subject) -> list[Slope]:
    """The slopes of KL and of cross-entropy by q."""
    return [1 - x / y if y else None for x, y in zip(s.p.p, s.q.p, strict=True)]


def log_ratio(log_p: mpf, log_q: mpf) -> mpf:
    return log_p - log_q if not mp.isinf(log_p) else log_p


def derivative(one: Exact, slopes: Sequence[Slope], logits: bool) -> list[Slope]:
    if not logits:
        return [slope if slope is None else slope / one.scale for slope in slopes]
    return [mpf(0) if not x or slope is None else x * slope for x, slope in zip(one.p, slopes, strict=True)]


# digits -------------------------------------------------------------------------------------------------------------

ONE = (entropy, perplexity)
ONE_ALPHA = (renyi_entropy, tsallis_entropy)
PAIR = (
    kl_divergence,
    information_gain,
    cross_entropy,
    jeffreys_divergence,
    js_divergence,
    js_distance,
    bhattacharyya_coefficient,
    bhattacharyya_distance,
    squared_hellinger,
    hellinger_distance,
    total_variation,
    chi_squared_divergence,
    neyman_chi_squared_divergence,
)
PAIR_ALPHA = (renyi_divergence, tsallis_divergence, alpha_divergence)
SEVERAL = (js_divergence, js_distance)
JOINT = (joint_entropy, total_correlation)
JOINT_2 = (conditional_entropy, mutual_information)
JOINT_3 = (conditional_mutual_information,)

FORMULAS: dict[str, Callable[..., mpf]] = {
    formula.__name__: formula
    for group in (ONE, ONE_ALPHA, PAIR, PAIR_ALPHA, SEVERAL, JOINT, JOINT_2, JOINT_3)
    for formula in group
}
SLOPES: dict[str, Callable[..., list[list[Slope]]]] = {
    "entropy": entropy_slopes,
    "cross_entropy": cross_entropy_slopes,
    "kl_divergence": kl_divergence_slopes,
    "js_divergence": js_divergence_slopes,
    "renyi_divergence": renyi_divergence_slopes,
}

Call = tuple[str, tuple[float, ...]]
"""The name of a measure and its parameter, if it has one."""


def values(given: Given, calls: Sequence[Call]) -> list[str]:
    """The truth of measures of one input."""
    return settled(lambda: values_at(given, calls), given.span())


def values_at(given: Given, calls: Sequence[Call]) -> list[mpf]:
    subject = Subject(given)
    return [FORMULAS[name](subject, *parameter) for name, parameter in calls]


def surprisals(given: Given) -> list[str]:
    """The surprisal of every outcome."""
    return settled(lambda: [-log for log in Subject(given).p.log], given.span())


def gradient(given: Given, name: str, parameter: tuple[float, ...] = ()) -> list[list[str | None]]:
    """The gradient of a measure by each of its distributions; None where it has no value."""

    def flat() -> list[Slope]:
        subject = Subject(given)
        slopes = SLOPES[name](subject, *parameter)
        return [x for one, row in zip(subject.all, slopes, strict=False) for x in derivative(one, row, given.logits)]

    found = settled(flat, given.span())
    outcomes = len(given.arrays[0])
    return [found[start : start + outcomes] for start in range(0, len(found), outcomes)]


def settled(evaluate: Callable[[], list[Slope]], span: int) -> list[str | None]:
    """Evaluate with twice the digits until nothing moves any more; then write it down."""
    digits = SPARE + span
    coarse = at_digits(evaluate, digits)
    while True:
        fine = at_digits(evaluate, 2 * digits)
        with mp.workdps(2 * digits):
            if all(same(a, b) for a, b in zip(coarse, fine, strict=True)):
                return [written(x, digits) for x in fine]
        digits, coarse = 2 * digits, fine


def at_digits(evaluate: Callable[[], list[Slope]], digits: int) -> list[Slope]:
    with mp.workdps(digits):
        return evaluate()


def same(a: Slope, b: Slope) -> bool:
    if a is None or b is None or mp.isinf(a) or mp.isinf(b):
        return a == b
    return abs(a - b) <= max(abs(b) * mpf(10) ** -SHOWN, mpf(10) ** -zero_below(mp.dps // 2))


def written(x: Slope, digits: int) -> str | None:
    """As a decimal; what is within the rounding of the finer evaluation is 0."""
    if x is None:
        return None
    with mp.workdps(2 * digits):
        return "0.0" if abs(x) < mpf(10) ** -zero_below(digits) else mp.nstr(x, SHOWN)


def zero_below(digits: int) -> int:
    """Decades below 1 at which a value is rounding and no more: with the digits of `settled`, a true one lies above."""
    return min(digits - 20, NEGLIGIBLE)
