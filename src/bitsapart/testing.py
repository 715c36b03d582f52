"""Contracts for those who write an engine or a family: subclass one in a pytest module, and say how to make yours.

    class TestMyEngine(EngineContract):
        def engine(self, table):
            return MyEngine(table)

    class TestMyFamily(FamilyContract):
        def members(self):
            return [MyFamily(1.0, 2.0), MyFamily(1.5, 2.0), MyFamily(0.3, 7.0)]

Every law of `bitsapart.tables.engines.engine.Engine` is then tested on tables that have broken engines before, and
every law of `bitsapart.families.distribution.Distribution` on these members.
"""

import datetime as dt
import math
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from bitsapart.families.distribution import Distribution
from bitsapart.families.divergence import entropy, kl_divergence
from bitsapart.families.exponential_family import ExponentialFamily
from bitsapart.families.numeric.dispatch import numeric_entropy, numeric_kl
from bitsapart.families.statistic import Constant, Statistic
from bitsapart.families.support import Interval, Lattice
from bitsapart.tables.engines.engine import Engine
from bitsapart.tables.engines.memory import MemoryEngine
from bitsapart.tables.source import open_table
from bitsapart.tables.survey import survey
from bitsapart.values.histogram import Histogram, Unreadable

NAN, INF = math.nan, math.inf
DAY = dt.date(2020, 2, 29)
MOMENT = dt.datetime(2020, 2, 29, 12, 30)

EVERY_TYPE = pa.table(
    {
        "int8": pa.array([1, 2, None, 2, -128, 127, 0, 0], pa.int8()),
        "int64": pa.array([2**63 - 1, -(2**63), 0, None, 2**53 + 1, 2**53, 1, 1], pa.int64()),
        "uint64": pa.array([2**64 - 1, 0, 1, None, 5, 5, 5, 5], pa.uint64()),
        "float64": pa.array([NAN, INF, -INF, None, 0.0, -0.0, 1e308, 5e-324]),
        "float32": pa.array([1.5, NAN, None, 1.5, 1.5, -INF, 2.5, 0.1], pa.float32()),
        "float16": pa.array(np.array([1, 2, 2, 2, 2, 2, 2, 60000], np.float16)),
        "boolean": pa.array([True, False, None, True, True, True, False, None]),
        "string": pa.array(["a", "", None, "null", "a\nb", "é😀", "a", "NaN"]),
        "large_string": pa.array(["a", "b", None, "a", "a", "b", "c", "c"], pa.large_string()),
        "string_view": pa.array(["a", "b", None, "a", "a", "b", "c", "c"], pa.string_view()),
        "dictionary": pa.array(["x", None, "y", "x", "x", "x", "y", "z"]).dictionary_encode(),
        "dictionary_of_int": pa.array([7, None, 8, 7, 7, 7, 8, 9]).dictionary_encode(),
        "decimal": pa.array([Decimal("0.10"), None, Decimal("0.10"), *[Decimal("99.99")] * 5]),
        "date32": pa.array([DAY, None, DAY, DAY, *[dt.date(1969, 12, 31)] * 4]),
        "date64": pa.array([DAY, None, DAY, DAY, *[dt.date(1969, 12, 31)] * 4], pa.date64()),
        "timestamp": pa.array([MOMENT, None, *[MOMENT] * 6], pa.timestamp("us")),
        "timestamp_zone": pa.array([MOMENT, None, *[MOMENT] * 6], pa.timestamp("ns", "Europe/Berlin")),
        "time": pa.array([dt.time(1, 2), None, *[dt.time(23, 59)] * 6]),
        "time32": pa.array([1, None, *[86399] * 6], pa.time32("s")),
        "duration": pa.array([dt.timedelta(days=1), None, *[dt.timedelta(seconds=-1)] * 6]),
        "binary": pa.array([b"\x00\xff", None, b"", b"\x00\xff", *[b"a"] * 4]),
        "list": pa.array([[1], None, [], [1, 2], *[[1, 2, 3]] * 4]),
        "map": pa.array([[("a", 1)], None, [], *[[("a", 1), ("b", 2)]] * 5], pa.map_(pa.utf8(), pa.int64())),
        "struct": pa.array([{"a": 1}, None, {"a": None}, *[{"a": 2}] * 5]),
        "null": pa.nulls(8),
        "constant": pa.array(["same"] * 8),
        "a.b": pa.array(range(8)),
        "": pa.array([0.5] * 8),
        '\'; DROP TABLE "x" [red]\n😀': pa.array([1] * 8),
    }
)
"""Eight rows of every type, with the values that are easily confused."""


def mixed(rows: int, seed: int = 0) -> pa.Table:
    """A larger table: atoms, heavy tails, nulls, NaN, many values, keys of rows."""
    rng = np.random.default_rng(seed)
    floats = rng.standard_t(1.5, rows)
    floats[rng.random(rows) < 0.01] = NAN
    return pa.table(
        {
            "heavy": pa.array(floats, mask=rng.random(rows) < 0.05),
            "spike": np.where(rng.random(rows) < 0.4, 0.0, rng.exponential(size=rows)),
            "vast": rng.lognormal(0, 40, rows),
            "whole": rng.integers(-(10**12), 10**12, rows),
            "few": rng.poisson(3, rows).astype(np.int16),
            "when": pa.array(rng.integers(0, 10**9, rows), pa.timestamp("s")),
            "word": pa.array([f"w{i}" for i in rng.zipf(1.3, rows) % 5000]),
            "key": [f"row {i}" for i in range(rows)],
            "number": np.arange(rows),
        }
    )


class EngineContract(ABC):
    """The laws of an engine, as tests."""

    @abstractmethod
    def engine(self, table: pa.Table) -> Engine:
        """The engine under test, holding a table."""

    def stored(self, table: pa.Table) -> pa.Table:
        """The table with the types that the engine's storage gives it, where that has fewer types than Arrow."""
        return table

    def counts(self, table: pa.Table, plan_of: pa.Table) -> dict[str, Histogram | Unreadable]:
        """What the engine counts in a table on the plan of another."""
        return dict(self.engine(table).count(survey(memory(plan_of))))

    def test_agrees_with_memory_on_every_type(self) -> None:
        """Counts are those of the specification."""
        table = self.stored(EVERY_TYPE)
        plan = survey(memory(table))
        assert dict(self.engine(table).count(plan)) == dict(memory(table).count(plan))

    def test_agrees_with_memory_on_many_rows(self) -> None:
        """Counts are those of the specification, on another table's plan."""
        table, plan = mixed(20_000, seed=2), survey(memory(mixed(20_000)))
        assert dict(self.engine(table).count(plan)) == dict(memory(table).count(plan))

    def test_counts_every_row_once(self) -> None:
        """No row is lost, and none is counted twice."""
        for name, histogram in self.counts(EVERY_TYPE, EVERY_TYPE).items():
            assert not isinstance(histogram, Unreadable), name
            assert histogram.rows == EVERY_TYPE.num_rows, name

    def test_is_additive(self) -> None:
        """The counts of all rows are the sum of the counts of any parts."""
        table = mixed(9_000)
        whole = self.counts(table, table)
        first, second = self.counts(table.slice(0, 1_234), table), self.counts(table.slice(1_234), table)
        for name, histogram in whole.items():
            assert histogram == first[name] + second[name], name  # type: ignore[operator]

    def test_does_not_depend_on_order(self) -> None:
        """Shuffled rows give the same counts."""
        table = mixed(9_000)
        shuffled = table.take(np.random.default_rng(1).permutation(len(table)))
        assert self.counts(shuffled, table) == self.counts(table, table)

    def test_surveys_like_memory(self) -> None:
        """The sample, and so the plan, is that of the specification."""
        table = self.stored(mixed(200_000))
        assert survey(self.engine(table)) == survey(memory(table))

    def test_keeps_specials_apart(self) -> None:
        """Null, NaN and the infinities are four outcomes; 0.0 and -0.0 are one."""
        found = self.counts(EVERY_TYPE, EVERY_TYPE)["float64"]
        assert found.specials == {"null": 1, "nan": 1, "-inf": 1, "inf": 1}  # type: ignore[union-attr]

    def test_counts_types_that_changed_within_a_family(self) -> None:
        """Whole numbers on a plan of fractions, days on a plan of seconds, and the other way round."""
        whole = pa.table({"x": pa.array([1, 2, 2, None] * 10), "t": pa.array([DAY] * 40)})
        fractions = pa.table({"x": pa.array([1.0, 2.5, 2.0, None] * 10), "t": pa.array([MOMENT] * 40)})
        for table, other in ((whole, fractions), (fractions, whole)):
            plan = survey(memory(other))
            assert dict(self.engine(table).count(plan)) == dict(memory(table).count(plan))


def memory(table: pa.Table) -> MemoryEngine:
    """The specification, holding a table."""
    return MemoryEngine(open_table(table, "reference"))


LEVELS = np.array([1e-9, 1e-6, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
FINE = np.geomspace(1e-9, 0.5, 60)
GAPS = (1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
DRAWS = 4000


class FamilyContract(ABC):
    """The laws of a family, as tests. Those of numbers are skipped by families of vectors."""

    @abstractmethod
    def members(self) -> list[Any]:
        """Three members or more, of one support; no batches."""

    tolerance = 1e-10
    """Relative, of numerical integration."""

    def batch(self, members: list[Any]) -> Any:
        """Members as one batch; None where they are made of other things than parameters."""
        first = members[0]
        if set(first.parameters) != set(first.domains):
            return None
        parameters = {name: np.stack([np.asarray(getattr(p, name)) for p in members]) for name in first.domains}
        return type(first)(**parameters)

    def numbers(self) -> list[Any]:
        """The members, if they are distributions of numbers."""
        return [p for p in self.members() if isinstance(p.support, (Interval, Lattice))]

    def densities(self) -> list[Any]:
        """The members, if they have densities on the line."""
        return [p for p in self.members() if isinstance(p.support, Interval)]

    def exponential(self) -> list[ExponentialFamily]:
        """The members, if the family is an exponential one."""
        return [p for p in self.members() if isinstance(p, ExponentialFamily)]

    def pairs(self) -> list[tuple[Any, Any]]:
        """Different members that can be compared."""
        members = self.members()
        pairs = [(p, q) for p in members for q in members if p is not q]
        return [(p, q) for p, q in pairs if math.isfinite(kl_divergence(p, q).value)]

    def test_cdf_is_the_integral_of_the_density(self) -> None:
        """Between quantiles, and kinks."""
        for p in self.densities():
            ends = np.unique([*p.quantile(FINE), *p.upper_quantile(FINE), *map(float, p.breakpoints())])
            low, high = ends[:-1], ends[1:]
            x = low[:, np.newaxis] + 0.5 * (high - low)[:, np.newaxis] * (NODES + 1.0)
            mass = 0.5 * (high - low) * (np.exp(p.log_density(x)) @ WEIGHTS)
            upper = p.cdf(low) > 0.5
            truth = np.where(upper, p.survival(low) - p.survival(high), p.cdf(high) - p.cdf(low))
            rounding = _rounding(p, low) + _rounding(p, high)
            wrong = np.abs(mass - truth) > 1e-6 * truth + rounding
            assert not wrong.any(), (p, low[wrong], high[wrong], mass[wrong], truth[wrong])

    def test_cdf_is_the_sum_of_probabilities(self) -> None:
        """From the least value to one that few exceed."""
        for p in self.numbers():
            if not isinstance(p.support, Lattice):
                continue
            x = np.arange(float(p.support.low), min(float(p.quantile(0.999)), float(p.support.low) + 3000.0) + 1.0)
            sums = np.cumsum(np.exp(p.log_density(x)))
            np.testing.assert_allclose(p.cdf(x), sums, rtol=1e-9, err_msg=str(p))
            np.testing.assert_allclose(p.survival(x), 1.0 - sums, atol=1e-9, err_msg=str(p))

    def test_quantiles_invert_probabilities(self) -> None:
        """In both tails, each by its own function."""
        for p in self.densities():
            x, y = p.quantile(LEVELS), p.upper_quantile(LEVELS)
            for found, at in ((p.cdf(x), x), (p.survival(y), y)):
                assert np.all(np.abs(found - LEVELS) <= 1e-6 * LEVELS + _rounding(p, at)), (p, found)
            np.testing.assert_allclose(p.cdf(x) + p.survival(x), 1.0, rtol=1e-12, err_msg=str(p))

    def test_quantiles_of_counts_are_the_least_that_reach_a_level(self) -> None:
        """And those of the upper tail the least that few exceed."""
        for p in self.numbers():
            if not isinstance(p.support, Lattice):
                continue
            x = np.asarray(p.quantile(LEVELS))
            slack = 1e-12 * LEVELS
            assert np.all(p.cdf(x) >= LEVELS - slack), p
            assert np.all(p.cdf(x - 1.0) < LEVELS + slack), p
            x = np.asarray(p.upper_quantile(LEVELS))
            assert np.all(p.survival(x) <= LEVELS + slack), p

    def test_density_outside_the_support_and_at_nan(self) -> None:
        """Is 0, and unknown."""
        for p in self.members():
            x = np.asarray(p.sample(seed=1), float)
            assert np.isfinite(p.log_density(x)), p
            assert np.isnan(p.log_density(np.full_like(x, np.nan))), p
        for p in self.numbers():
            outside = [x for x in (p.support.low - 1.0, p.support.high + 1.0) if math.isfinite(x)]
            outside += [float(p.support.low) + 0.5] if isinstance(p.support, Lattice) else []
            assert all(p.log_density(x) == -math.inf for x in outside), p
            assert p.cdf(-math.inf) == 0.0, p
            assert p.cdf(math.inf) == 1.0, p

    def test_draws_have_the_mean_the_variance_and_the_entropy(self) -> None:
        """Within what chance allows."""
        for p in self.members():
            x = p.sample(DRAWS, seed=7)
            assert x.shape == (DRAWS, *p.event_shape), p
            log_density = np.asarray(p.log_density(x))
            _agrees_with_draws(-log_density, float(entropy(p).value), f"entropy of {p}")
        for p in self.numbers():
            mean, variance = float(p.mean), float(p.variance)
            # of heavy tails no sample tells the variance
            if math.isfinite(variance):
                x = p.sample(DRAWS, seed=7)
                _agrees_with_draws(x, mean, f"mean of {p}", math.sqrt(variance / DRAWS))

    def test_entropy_is_that_of_numerical_rules(self) -> None:
        """To what these promise."""
        for p in self.numbers():
            closed, numeric = entropy(p), numeric_entropy(p)
            allowed = self.tolerance * max(1.0, abs(float(closed.value))) + float(numeric.error)
            assert abs(float(closed.value) - float(numeric.value)) <= allowed, (p, closed, numeric)

    def test_divergence_of_equal_members_is_exactly_0(self) -> None:
        """And nothing else is, nor negative."""
        for p in self.members():
            assert (
                float(kl_divergence(p, p[()] if p.batch_shape else type(p).from_document(p.to_document())).value) == 0.0
            )
        for p, q in self.pairs():
            assert float(kl_divergence(p, q).value) > 0.0, (p, q)

    def test_divergence_is_that_of_numerical_rules(self) -> None:
        """To what these promise."""
        pairs = self.pairs() if self.numbers() else self.pairs()[:1]
        for p, q in pairs:
            closed, numeric = kl_divergence(p, q), numeric_kl(p, q)
            allowed = self.tolerance * abs(float(closed.value)) + 3.0 * float(numeric.error) + 1e-12
            assert abs(float(closed.value) - float(numeric.value)) <= allowed, (p, q, closed, numeric)

    def test_divergence_near_equality_is_a_smooth_multiple_of_the_squared_gap(self) -> None:
        """A cancelled digit would show: KL / gap^2 at tiny gaps is what larger ones lead to."""
        for p in self.numbers():
            for name in p.domains:
                ratios = [ratio for gap in GAPS if (ratio := _over_squared_gap(p, name, gap)) is not None]
                if len(ratios) < len(GAPS):
                    continue
                # a parabola through the first three, at 0
                third, second, first = ratios[:3]
                limit = first + (first - second) / 9.0 + ((first - second) / 9.0 - (second - third) / 90.0) / 11.0
                for gap, ratio in zip(GAPS[3:], ratios[3:], strict=True):
                    np.testing.assert_allclose(ratio, limit, rtol=1e-4 + 30.0 * gap, err_msg=f"{p}, {name}, gap {gap}")

    def test_log_density_is_the_sum_of_its_terms(self) -> None:
        """Coefficients times statistics."""
        for p in self.exponential():
            x = np.asarray(p.sample(50, seed=3), float)
            terms = sum(np.asarray(coefficient) * statistic(x) for coefficient, statistic in p.density_terms())
            natural = [*p.natural(), *p.log_base()]
            plain = sum(np.asarray(c) * statistic(x) for c, statistic in natural) - p.log_partition()
            scale = sum(np.abs(np.asarray(c) * statistic(x)) for c, statistic in natural) + abs(p.log_partition())
            np.testing.assert_allclose(terms, p.log_density(x), rtol=1e-9, atol=1e-9, err_msg=str(p))
            assert np.all(np.abs(plain - p.log_density(x)) <= 1e-12 * (1.0 + scale)), p

    def test_moments_of_statistics_are_expectations(self) -> None:
        """Of those of its own and of the base, by numerical integration."""
        for p in self.exponential():
            for _coefficient, statistic in [*p.natural(), *p.log_base(), *p.density_terms()]:
                known = p.moment(statistic)
                if known is not None and not isinstance(statistic, Constant):
                    _agrees_with_expectation(p, statistic, float(known), self.tolerance)

    def test_natural_parameters_lead_back(self) -> None:
        """And lie in their space."""
        for p in self.exponential():
            theta = [np.asarray(coefficient) for coefficient, _ in p.natural()]
            assert np.all(type(p).natural_space(theta, **p.fixed_parameters())), p
            _same_parameters(type(p).from_natural(theta, **p.fixed_parameters()), p, 1e-11)

    def test_moments_lead_back(self) -> None:
        """The member with the expectations of a member is that one."""
        for p in self.exponential():
            moments = [p.moment(statistic) for _, statistic in p.natural()]
            if any(moment is None for moment in moments):
                continue
            _same_parameters(type(p).from_moments(moments, **p.fixed_parameters()), p, 1e-6)

    def test_divergence_is_that_of_the_log_partition(self) -> None:
        """A(q) - A(p) - (theta_q - theta_p) E_p T, which is what Bregman divergence says."""
        for p, q in [(p, q) for p in self.exponential() for q in self.exponential()]:
            if p.fixed_parameters() != q.fixed_parameters():
                continue
            total = size = float(q.log_partition() - p.log_partition())
            for (own, statistic), (other, _) in zip(p.natural(), q.natural(), strict=True):
                moment = p.moment(statistic)
                term = math.nan if moment is None else float((own - other) * moment)
                total, size = total + term, abs(size) + abs(term)
            if math.isfinite(total):
                assert abs(total - float(kl_divergence(p, q).value)) <= 1e-11 * (1.0 + size), (p, q)

    def test_a_batch_is_its_members(self) -> None:
        """Every method of a batch of three gives what the three give."""
        members = self.members()[:3]
        batch = self.batch(members)
        if batch is None:
            return
        assert batch.batch_shape == (len(members),)
        assert len(batch) == len(members)
        others = members[1:] + members[:1]
        entropies, divergences = entropy(batch), kl_divergence(batch, self.batch(others))
        for i, (p, q) in enumerate(zip(members, others, strict=True)):
            assert batch[i] == p
            np.testing.assert_allclose(entropies.value[i], entropy(p).value, rtol=1e-9, atol=1e-11)
            np.testing.assert_allclose(divergences.value[i], kl_divergence(p, q).value, rtol=1e-9, atol=1e-12)
            x = p.sample(seed=5)
            np.testing.assert_allclose(np.asarray(batch.log_density(x))[i], p.log_density(x), rtol=1e-12, atol=1e-12)
        column = batch.broadcast_to((2, len(members)))
        assert kl_divergence(column, members[0]).value.shape == (2, len(members))
        assert batch.sample((5,), seed=1).shape == (5, len(members), *members[0].event_shape)

    def test_is_a_value(self) -> None:
        """Prints itself, compares, hashes, does not change, and can be written down."""
        first, second = self.members()[:2]
        again = Distribution.from_document(first.to_document())
        assert again == first
        assert hash(again) == hash(first)
        assert first != second
        assert repr(first).startswith(type(first).__name__ + "(")
        assert repr(again) == repr(first)
        try:
            first.batch_shape = (1,)
        except AttributeError as error:
            assert "is a value" in str(error)  # noqa: PT017
        else:
            raise AssertionError(f"{first} can be changed")


def _rounding(p: Any, x: Any) -> Any:
    """What rounding x does to a probability."""
    return 4.0 * np.finfo(float).eps * np.abs(x) * np.exp(p.log_density(x))


def _agrees_with_draws(values: Any, truth: float, what: str, error: float | None = None) -> None:
    found = values.std() / math.sqrt(len(values)) if error is None else error
    assert abs(values.mean() - truth) <= 6.0 * found + 1e-9 * abs(truth), (what, values.mean(), truth)


def _agrees_with_expectation(p: Any, statistic: Statistic, known: float, tolerance: float) -> None:
    from bitsapart.families.numeric.quadrature import integral
    from bitsapart.families.numeric.sums import expectation

    if isinstance(p.support, Interval):
        numeric = integral(p, lambda x, _log_p: statistic(x))
    else:
        numeric = expectation(p, statistic)
    allowed = 10.0 * tolerance * max(1.0, abs(known)) + 3.0 * float(numeric.error)
    assert abs(known - float(numeric.value)) <= allowed, (p, statistic.words, known, numeric)


def _over_squared_gap(p: Any, name: str, gap: float) -> float | None:
    """KL(p || p with one parameter moved) / gap^2; None where there is no such neighbour, or it is not smooth there."""
    own = np.asarray(getattr(p, name))
    if own.ndim or p.domains[name].to_real is None or not math.isfinite(own):
        return None
    moved = float(own * (1.0 + gap) if own != 0.0 else own + gap)
    try:
        q = type(p)(**{**p.parameters, name: moved})
    except ValueError:
        return None
    if not bool(np.all(np.equal(p.support.low, q.support.low) & np.equal(p.support.high, q.support.high))):
        return None
    step = (moved - float(own)) / (float(own) or 1.0)
    return float(kl_divergence(p, q).value) / step**2


def _same_parameters(found: Any, truth: Any, tolerance: float) -> None:
    for name, value in truth.parameters.items():
        np.testing.assert_allclose(
            getattr(found, name), value, rtol=tolerance, atol=tolerance, err_msg=f"{truth} {name}"
        )
