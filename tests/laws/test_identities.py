"""How the measures hang together: identities, special cases, inequalities, and what must not matter."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from suite import NOTHING, Measured

import bitsapart as ba
import laws_table
from bitsapart.measures.laws import MEASURES

MEASURED = [Measured(row.name, row.order) for row in laws_table.rows()]
FLAT = [one for one in MEASURED if one.variables == 1]
JOINT = [one for one in MEASURED if one.variables > 1]

Pair = tuple[np.ndarray, np.ndarray]

examples = settings(max_examples=40, deadline=None)
few = settings(max_examples=10, deadline=None)
pairs = strategies.any_distributions(2) | strategies.grid_distributions(2)
triples = strategies.any_distributions(3) | strategies.grid_distributions(3)
tables = strategies.grid_tables(1, 2).map(lambda drawn: drawn[0])
tables_of_three = strategies.grid_tables(1, 3).map(lambda drawn: drawn[0])


def near(value: float, rel: float = 1e-12, nothing: float = NOTHING) -> Any:
    return pytest.approx(value, rel=rel, abs=nothing)


def nats(measure: Callable[..., Any], *arguments: Any, **options: Any) -> float:
    return float(measure(*arguments, unit="nat", **options))


def name(value: object) -> str:
    return str(value)


# the account of two distributions -----------------------------------------------------------------------------------


@examples
@given(pairs)
def test_cross_entropy_is_entropy_plus_divergence(two: Pair) -> None:
    p, q = two
    assert float(ba.cross_entropy(p, q)) == near(float(ba.entropy(p)) + float(ba.kl_divergence(p, q)))


@examples
@given(pairs)
def test_relate_holds_the_measures_themselves(two: Pair) -> None:
    p, q = two
    relation = ba.relate(p, q, unit="ban")
    assert relation.entropy == ba.entropy(p, unit="ban")
    assert relation.divergence == ba.kl_divergence(p, q, unit="ban")
    assert relation.reverse_divergence == ba.kl_divergence(q, p, unit="ban") == ba.information_gain(p, q, unit="ban")
    assert relation.js_divergence == ba.js_divergence(p, q, unit="ban")
    assert relation.cross_entropy == relation.entropy + relation.divergence
    assert relation.unit is ba.Unit.ban


@examples
@given(pairs)
def test_surprisal_averages_to_entropy_and_cross_entropy(two: Pair) -> None:
    p, q = two
    own, other = ba.surprisal(p), ba.surprisal(q)
    assert np.array_equal(np.isinf(own), p == 0.0)
    assert float(p[p > 0] @ own[p > 0]) == near(float(ba.entropy(p)), nothing=1e-15)
    assert float(p[p > 0] @ other[p > 0]) == near(float(ba.cross_entropy(p, q)), nothing=1e-15)


@examples
@given(triples, st.tuples(*[st.integers(0, 8)] * 3).filter(any))
def test_jensen_shannon_is_the_mean_divergence_from_the_mixture(sides: tuple[np.ndarray, ...], parts: Any) -> None:
    weights = np.array(parts) / sum(parts)
    mixture = weights @ np.array(sides)
    mean = sum(w * nats(ba.kl_divergence, side, mixture) for w, side in zip(weights, sides, strict=True) if w > 0)
    js = nats(ba.js_divergence, *sides, weights=weights.tolist())
    assert js == near(float(mean), rel=1e-9, nothing=1e-15)
    spread = nats(ba.entropy, mixture) - sum(w * nats(ba.entropy, p) for w, p in zip(weights, sides, strict=True))
    assert js == near(float(spread), nothing=1e-13)
    assert js <= nats(ba.entropy, weights) + 1e-13
    assert float(ba.js_distance(*sides, weights=weights.tolist())) ** 2 == near(js / math.log(2.0))


@examples
@given(pairs, st.integers(0, 8))
def test_weights_swap_with_their_distributions(two: Pair, part: int) -> None:
    p, q = two
    forward, back = [part / 8, 1 - part / 8], [1 - part / 8, part / 8]
    assert nats(ba.js_divergence, p, q, weights=forward) == near(nats(ba.js_divergence, q, p, weights=back))
    assert nats(ba.js_divergence, p, q) == nats(ba.js_divergence, p, q, weights=[0.5, 0.5])
    # four of which two repeat are two with the weights added up
    four = nats(ba.js_divergence, p, p, q, q, weights=[0.25, part / 32, 0.5, 0.25 - part / 32])
    assert four == near(nats(ba.js_divergence, p, q, weights=[0.25 + part / 32, 0.75 - part / 32]))


# special cases of the families --------------------------------------------------------------------------------------


@examples
@given(pairs)
def test_alpha_divergence_has_the_classic_ones_in_it(two: Pair) -> None:
    p, q = two
    known = {
        -1: ba.neyman_chi_squared_divergence(p, q) / 2.0,
        0: ba.kl_divergence(q, p, unit="nat"),
        0.5: 4.0 * ba.squared_hellinger(p, q),
        1: ba.kl_divergence(p, q, unit="nat"),
        2: ba.chi_squared_divergence(p, q) / 2.0,
    }
    for alpha, value in known.items():
        assert float(ba.alpha_divergence(p, q, alpha)) == near(float(value)), alpha


@examples
@given(pairs, st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0]))
def test_alpha_swaps_with_its_distributions(two: Pair, alpha: float) -> None:
    p, q = two
    assert float(ba.alpha_divergence(p, q, alpha)) == near(float(ba.alpha_divergence(q, p, 1.0 - alpha)))


@examples
@given(pairs, st.sampled_from([0.25, 0.5, 0.9, 1.0, 1.1, 2.0, 3.0]))
def test_tsallis_and_renyi_divergence_are_functions_of_alpha_divergence(two: Pair, alpha: float) -> None:
    p, q = two
    tsallis = float(ba.tsallis_divergence(p, q, alpha))
    assert tsallis == near(alpha * float(ba.alpha_divergence(p, q, alpha)))
    excess = (alpha - 1.0) * tsallis
    if alpha == 1.0:
        renyi = tsallis
    elif excess > -0.999:
        renyi = math.log1p(excess) / (alpha - 1.0)
    else:
        return
    assert nats(ba.renyi_divergence, p, q, alpha) == near(renyi, rel=1e-11)


@examples
@given(pairs)
def test_bhattacharyya_hellinger_and_renyi_of_one_half(two: Pair) -> None:
    p, q = two
    coefficient, distance = float(ba.bhattacharyya_coefficient(p, q)), nats(ba.bhattacharyya_distance, p, q)
    assert coefficient == near(math.exp(-distance))
    assert coefficient == near(1.0 - float(ba.squared_hellinger(p, q)), nothing=1e-15)
    assert float(ba.hellinger_distance(p, q)) ** 2 == near(float(ba.squared_hellinger(p, q)))
    assert nats(ba.renyi_divergence, p, q, 0.5) == near(2.0 * distance)


@examples
@given(pairs)
def test_jeffreys_is_both_divergences(two: Pair) -> None:
    p, q = two
    both = nats(ba.kl_divergence, p, q) + nats(ba.kl_divergence, q, p)
    assert nats(ba.jeffreys_divergence, p, q) == near(both)


@examples
@given(pairs)
def test_renyi_at_the_ends(two: Pair) -> None:
    p, q = two
    kept = float(q[p > 0].sum() / q.sum())
    assert nats(ba.renyi_divergence, p, q, 0) == near(-math.log(kept) if kept else math.inf, nothing=1e-15)
    with np.errstate(divide="ignore"):
        highest = float(np.max(p[p > 0] / q[p > 0]))
    assert nats(ba.renyi_divergence, p, q, math.inf) == near(math.log(highest), nothing=1e-15)
    assert nats(ba.renyi_entropy, p, 0) == near(math.log(np.count_nonzero(p)))
    assert nats(ba.renyi_entropy, p, math.inf) == near(-math.log(p.max() / p.sum()), nothing=1e-15)


@examples
@given(pairs)
def test_order_one_is_shannon(two: Pair) -> None:
    p, q = two
    shannon = nats(ba.entropy, p)
    assert float(ba.perplexity(p)) == near(math.exp(shannon))
    assert nats(ba.renyi_entropy, p, 1) == shannon
    assert float(ba.tsallis_entropy(p, 1)) == near(shannon)
    assert nats(ba.renyi_divergence, p, q, 1) == nats(ba.kl_divergence, p, q)
    for order in (1.0 - 1e-9, 1.0 + 1e-9):
        assert nats(ba.renyi_entropy, p, order) == near(shannon, rel=1e-6)
        assert float(ba.tsallis_entropy(p, order)) == near(shannon, rel=1e-6)
        if math.isfinite(nats(ba.kl_divergence, p, q)):
            assert nats(ba.renyi_divergence, p, q, order) == near(nats(ba.kl_divergence, p, q), rel=1e-6)


@examples
@given(pairs)
def test_order_two_is_the_collision(two: Pair) -> None:
    p = two[0] / two[0].sum()
    collision = math.fsum(p * p)
    assert float(ba.tsallis_entropy(p, 2)) == near(1.0 - collision, nothing=1e-15)
    assert nats(ba.renyi_entropy, p, 2) == near(-math.log(collision), nothing=1e-15)
    assert float(ba.tsallis_entropy(p, 0)) == near(np.count_nonzero(p) - 1.0)


ORDERS = [0.0, 0.1, 0.5, 0.999, 1.0, 1.001, 2.0, 5.0, 70.0, math.inf]


@examples
@given(pairs)
def test_renyi_is_monotone_in_its_order(two: Pair) -> None:
    p, q = two
    entropies = [nats(ba.renyi_entropy, p, order) for order in ORDERS]
    divergences = [nats(ba.renyi_divergence, p, q, order) for order in ORDERS]
    for lower, higher in itertools.pairwise(entropies):
        at_most(higher, lower)
    for lower, higher in itertools.pairwise(divergences):
        at_most(lower, higher)


GENERATORS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "kl_divergence": (lambda t: t * np.log(np.where(t > 0, t, 1.0)), math.inf),
    "total_variation": (lambda t: abs(t - 1.0) / 2.0, 0.5),
    "squared_hellinger": (lambda t: (np.sqrt(t) - 1.0) ** 2 / 2.0, 0.5),
    "chi_squared_divergence": (lambda t: (t - 1.0) ** 2, math.inf),
    "neyman_chi_squared_divergence": (lambda t: (t - 1.0) ** 2 / t, 1.0),
    "jeffreys_divergence": (lambda t: (t - 1.0) * np.log(t), math.inf),
    "js_divergence": (
        lambda t: (t * np.log(np.where(t > 0, t, 1.0)) - (t + 1.0) * np.log((t + 1.0) / 2.0)) / 2.0,
        math.log(2.0) / 2.0,
    ),
}


@pytest.mark.parametrize("measure", GENERATORS)
@few
@given(two=strategies.grid_distributions(2))
def test_f_divergence_by_name_and_by_its_generator(measure: str, two: Pair) -> None:
    p, q = two
    value = Measured(measure)(p, q)
    generator, at_infinity = GENERATORS[measure]
    assert float(ba.f_divergence(p, q, measure)) == value
    assert float(ba.f_divergence(p, q, generator, at_infinity=at_infinity)) == near(value, rel=1e-9, nothing=1e-14)


# joint tables -------------------------------------------------------------------------------------------------------


@examples
@given(tables)
def test_mutual_information_is_the_divergence_from_independence(joint: np.ndarray) -> None:
    x, y = joint.sum(axis=1), joint.sum(axis=0)
    mutual = nats(ba.mutual_information, joint)
    assert mutual == near(nats(ba.kl_divergence, joint.ravel(), np.outer(x, y).ravel()))
    assert mutual == near(nats(ba.entropy, x) + nats(ba.entropy, y) - nats(ba.joint_entropy, joint), nothing=1e-13)
    assert nats(ba.total_correlation, joint) == near(mutual)
    assert mutual <= min(nats(ba.entropy, x), nats(ba.entropy, y)) * (1.0 + 1e-12)


@examples
@given(tables)
def test_chain_rule(joint: np.ndarray) -> None:
    x, y = joint.sum(axis=1), joint.sum(axis=0)
    whole, given_x = nats(ba.joint_entropy, joint), nats(ba.conditional_entropy, joint)
    assert whole == near(nats(ba.entropy, joint.ravel()))
    assert whole == near(nats(ba.entropy, x) + given_x)
    assert whole == near(nats(ba.entropy, y) + nats(ba.conditional_entropy, joint.T))
    assert whole == near(nats(ba.entropy, y) + nats(ba.conditional_entropy, joint, axis=(1, 0)))
    assert given_x <= nats(ba.entropy, y) * (1.0 + 1e-12) + NOTHING
    assert nats(ba.mutual_information, joint) == near(nats(ba.entropy, y) - given_x, nothing=1e-13)


@examples
@given(tables_of_three)
def test_identities_of_three_variables(joint: np.ndarray) -> None:
    def h(*axes: int) -> float:
        return nats(ba.entropy, joint.sum(axis=tuple({0, 1, 2} - set(axes))).ravel())

    given_z = nats(ba.conditional_mutual_information, joint)
    assert given_z == near(h(0, 2) + h(1, 2) - h(0, 1, 2) - h(2), nothing=1e-13)
    assert nats(ba.total_correlation, joint) == near(h(0) + h(1) + h(2) - h(0, 1, 2), nothing=1e-13)
    # the chain rule of information: I(X; Y, Z) = I(X; Z) + I(X; Y | Z)
    with_both = nats(ba.mutual_information, joint.reshape(len(joint), -1))
    assert with_both == near(nats(ba.mutual_information, joint.sum(axis=1)) + given_z, rel=1e-11)
    moved = np.moveaxis(joint, [0, 1, 2], [2, 0, 1])
    assert nats(ba.conditional_mutual_information, moved, axis=(2, 0, 1)) == near(given_z)
    alone = joint.sum(axis=2, keepdims=True)
    assert nats(ba.conditional_mutual_information, alone) == near(nats(ba.mutual_information, alone[..., 0]))


def test_a_product_of_marginals_has_exactly_no_information() -> None:
    joint = np.outer([0.125, 0.25, 0.625], [0.75, 0.25])
    assert ba.mutual_information(joint) == 0.0
    assert ba.total_correlation(joint) == 0.0
    assert ba.conditional_mutual_information(np.multiply.outer(joint, np.array([0.5, 0.5]))) == 0.0


# inequalities -------------------------------------------------------------------------------------------------------


def at_most(left: float, right: float) -> None:
    assert left <= right * (1.0 + 1e-12) + NOTHING


@examples
@given(pairs)
def test_known_inequalities(two: Pair) -> None:
    p, q = two
    kl, js, chi = nats(ba.kl_divergence, p, q), nats(ba.js_divergence, p, q), float(ba.chi_squared_divergence(p, q))
    tv, squared = float(ba.total_variation(p, q)), float(ba.squared_hellinger(p, q))
    at_most(2.0 * tv**2, kl)  # Pinsker
    at_most(tv, math.sqrt(-math.expm1(-kl)))  # Bretagnolle & Huber
    at_most(squared, tv)  # Le Cam, both
    at_most(tv, math.sqrt(squared * (2.0 - squared)))
    at_most(2.0 * nats(ba.bhattacharyya_distance, p, q), kl)
    at_most(kl, math.log1p(chi))
    at_most(nats(ba.renyi_divergence, p, q, 2), math.log1p(chi))
    at_most(js, tv * math.log(2.0))  # Lin
    at_most(js, nats(ba.jeffreys_divergence, p, q) / 4.0)
    at_most(tv**2 / 2.0, js)  # Pinsker for the mixture
    at_most(squared * math.log(2.0), js)
    at_most(4.0 * tv**2, chi)


@examples
@given(pairs)
def test_known_inequalities_of_entropies(two: Pair) -> None:
    p, _ = two
    shannon = nats(ba.entropy, p)
    at_most(-math.expm1(-shannon), -math.expm1(-math.log(p.size)))
    at_most(nats(ba.renyi_entropy, p, 2), 2.0 * nats(ba.renyi_entropy, p, math.inf))
    at_most(float(ba.tsallis_entropy(p, 2)), shannon)
    # Fano: guessing the likeliest is wrong with probability e
    wrong = float(-np.expm1(-ba.renyi_entropy(p, math.inf, unit="nat")))
    binary = nats(ba.entropy, [wrong, 1.0 - wrong])
    at_most(shannon, (binary + wrong * math.log(max(1, p.size - 1))) * (1.0 + 1e-9))


# what must not matter -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measured", FLAT, ids=name)
@few
@given(data=st.data())
def test_names_and_impossible_outcomes_do_not_matter(measured: Measured, data: st.DataObject) -> None:
    case = data.draw(strategies.grid_distributions(measured.sides))
    order = np.array(data.draw(st.permutations(range(case[0].size))))
    value = measured(*case)
    assert measured(*(x[order] for x in case)) == near(value)
    assert measured(*(np.insert(x, 0, 0.0) for x in case)) == near(value)
    assert measured(*(np.append(x, [0.0, 0.0]) for x in case)) == near(value)


@pytest.mark.parametrize("measured", JOINT, ids=name)
@few
@given(data=st.data())
def test_the_same_of_joint_tables(measured: Measured, data: st.DataObject) -> None:
    (table,) = data.draw(strategies.grid_tables(1, measured.variables))
    value = measured(table)
    for axis, side in enumerate(table.shape):
        order = np.array(data.draw(st.permutations(range(side))))
        assert measured(np.take(table, order, axis)) == near(value)
        assert measured(np.insert(table, 1, 0.0, axis)) == near(value)


@pytest.mark.parametrize("measured", FLAT, ids=name)
def test_a_batch_is_a_loop_along_any_axis(measured: Measured) -> None:
    rng = np.random.default_rng(7)
    batch = [rng.dirichlet(np.full(5, 0.7), (2, 3)) for _ in range(measured.sides)]
    batch[0][0, 1] = np.eye(5)[2]
    values = measured.raw(*batch)
    assert values.shape == (2, 3)
    for place in np.ndindex(2, 3):
        assert values[place] == near(measured(*(x[place] for x in batch)), rel=1e-15)
    for axis in (0, 1, -2, -3):
        moved = [np.moveaxis(x, -1, axis) for x in batch]
        assert np.array_equal(measured.raw(*moved, axis=axis), values)


@pytest.mark.parametrize("measured", [one for one in FLAT if one.sides == 2], ids=name)
def test_batches_broadcast(measured: Measured) -> None:
    rng = np.random.default_rng(8)
    p, q = rng.dirichlet(np.ones(4), (3, 1)), rng.dirichlet(np.ones(4), 2)
    table = measured.raw(p, q)
    assert table.shape == (3, 2)
    assert table.tolist() == [[near(measured(p[i, 0], q[j]), rel=1e-15) for j in range(2)] for i in range(3)]
    assert measured.raw(p[:, 0], q[0]).shape == measured.raw(q[0], p[:, 0]).shape == (3,)
    along = measured.raw(np.moveaxis(p, -1, 0), np.moveaxis(np.broadcast_to(q, (1, 2, 4)), -1, 0), axis=0)
    assert np.array_equal(along, table)


@pytest.mark.parametrize("measured", JOINT, ids=name)
def test_a_batch_of_tables_is_a_loop(measured: Measured) -> None:
    shape = (3, 2, 4)[: measured.variables]
    batch = np.random.default_rng(9).dirichlet(np.ones(math.prod(shape)), 5).reshape(5, *shape)
    axis = tuple(range(1, 1 + measured.variables))
    values = measured.raw(batch, axis=axis)
    assert values.tolist() == [near(measured(table), rel=1e-14) for table in batch]
    last = np.moveaxis(batch, 0, -1)
    assert measured.raw(last, axis=tuple(range(measured.variables))).tolist() == [near(v, rel=1e-14) for v in values]


@pytest.mark.parametrize("measured", FLAT, ids=name)
@few
@given(data=st.data())
def test_logits_are_log_probabilities_up_to_a_constant(measured: Measured, data: st.DataObject) -> None:
    case = data.draw(strategies.grid_distributions(measured.sides))
    with np.errstate(divide="ignore"):
        logits = [np.log(x) for x in case]
    value = float(measured.raw(*logits, from_logits=True))
    assert value == near(measured(*case), rel=1e-6, nothing=1e-14)
    shifted = [x + shift for x, shift in zip(logits, (3.0, -700.0), strict=False)]
    assert float(measured.raw(*shifted, from_logits=True)) == near(value, rel=1e-6, nothing=1e-12)


@pytest.mark.parametrize("measured", MEASURED, ids=name)
@few
@given(data=st.data())
def test_weights_are_normalised(measured: Measured, data: st.DataObject) -> None:
    case = data.draw(strategies.case("additive", measured.sides, measured.variables))[: measured.sides]
    value = measured(*case)
    for factor in (2.0**-300, 2.0**40):
        scaled = (x * factor for x in case)
        assert float(measured.raw(*scaled, normalize=True)) == near(value, rel=1e-14)


@pytest.mark.parametrize("measured", [one for one in MEASURED if one.laws.information], ids=name)
def test_units(measured: Measured) -> None:
    case = [np.array([0.5, 0.25, 0.25]), np.array([0.1, 0.2, 0.7])][: measured.sides]
    if measured.variables > 1:
        case = [np.array([3, 1, 4, 1, 5, 9, 2, 7]).reshape((2, 2, 2) if measured.variables == 3 else (2, 4)) / 32]
    measure, value = MEASURES[measured.name], measured(*case)
    power = 0.5 if measured.name == "js_distance" else 1.0
    for unit in ba.Unit:
        converted = near(value / unit.value**power, rel=1e-15)
        assert float(measure(*case, *measured.arguments, unit=unit)) == converted
        assert float(measure(*case, *measured.arguments, unit=unit.name)) == converted
    assert float(measure(*case, *measured.arguments)) == near(value / math.log(2.0) ** power, rel=1e-15)


@pytest.mark.parametrize("measured", MEASURED, ids=name)
def test_only_information_has_a_unit(measured: Measured) -> None:
    case = [np.full((2,) * max(1, measured.variables), 0.5**measured.variables)] * measured.sides
    measure = MEASURES[measured.name]
    if measured.laws.information:
        with pytest.raises(ba.UsageError, match="unit should be one of bit, nat, ban; got 'byte'"):
            measure(*case, *measured.arguments, unit="byte")
    else:
        with pytest.raises(TypeError, match="unit"):
            measure(*case, *measured.arguments, unit="bit")
