"""Models compared through the front door: against plain formulas in float64, and with hostile input."""

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.special import log_softmax
from scipy.stats import ttest_1samp, ttest_rel

import bitsapart as ba
from bitsapart.model_comparison.result import ModelComparison, ModelRanking

DOCUMENTS, LENGTH, V = 12, 25, 40
N = DOCUMENTS * LENGTH
LN2 = math.log(2.0)


@pytest.fixture(scope="module")
def world() -> dict[str, Any]:
    """Logits of a base and of a candidate that is a little too sharp, labels drawn from the base."""
    rng = np.random.default_rng(5)
    base = 2.5 * rng.standard_normal((N, V))
    candidate = 1.2 * (base + 0.3 * rng.standard_normal(base.shape))
    p = np.exp(log_softmax(base, axis=1))
    labels = np.array([rng.choice(V, p=row) for row in p])
    return {
        "base": base,
        "candidate": candidate,
        "labels": labels,
        "documents": np.repeat(np.arange(DOCUMENTS), LENGTH),
    }


def truth(base: np.ndarray, candidate: np.ndarray) -> dict[str, np.ndarray]:
    """The textbook sums of each row, bits."""
    lp, lq = log_softmax(base, axis=1), log_softmax(candidate, axis=1)
    p, q = np.exp(lp), np.exp(lq)
    m = (p + q) / 2
    return {
        "entropy": -(p * lp).sum(1) / LN2,
        "kl": (p * (lp - lq)).sum(1) / LN2,
        "reverse_kl": (q * (lq - lp)).sum(1) / LN2,
        "js": ((p * (lp - np.log(m))).sum(1) + (q * (lq - np.log(m))).sum(1)) / 2 / LN2,
        "acceptance": np.minimum(p, q).sum(1),
    }


def test_means_are_those_of_the_plain_formulas(world: dict[str, Any]) -> None:
    found = ba.compare_models(world["base"], world["candidate"], world["labels"], documents=world["documents"])
    assert isinstance(found, ModelComparison)
    for name, values in truth(world["base"], world["candidate"]).items():
        assert getattr(found, name).value == pytest.approx(values.mean(), rel=1e-11), name
    assert found.cross_entropy.value == found.entropy.value + found.kl.value
    tops = world["base"].argmax(1), world["candidate"].argmax(1)
    assert found.top1_agreement.value == pytest.approx((tops[0] == tops[1]).mean())
    five = [
        set(a) & set(b) for a, b in zip(*(np.argsort(-world[s], 1)[:, :5] for s in ("base", "candidate")), strict=True)
    ]
    assert found.top5_agreement.value == pytest.approx(np.mean([len(s) / 5 for s in five]))
    confident = np.exp(log_softmax(world["base"], axis=1)).max(1) >= 0.9
    assert found.confident_tokens == confident.sum() > 5
    assert found.confident_flips.value == pytest.approx((tops[0] != tops[1])[confident].mean())


def test_perplexity_is_that_of_the_text_and_its_ratio_is_paired(world: dict[str, Any]) -> None:
    found = ba.compare_models(
        world["base"], world["candidate"], world["labels"], documents=world["documents"]
    ).perplexity
    rows = np.arange(N)
    p, q = (-log_softmax(world[side], axis=1)[rows, world["labels"]] for side in ("base", "candidate"))
    assert found.base.value == pytest.approx(np.exp(p.mean()))
    assert found.candidate.value == pytest.approx(np.exp(q.mean()))
    assert found.ratio.value == pytest.approx(np.exp((q - p).mean()))
    assert found.excess.value == pytest.approx((q - p).mean() / LN2)
    assert found.correlation == pytest.approx(np.corrcoef(p, q)[0, 1])
    assert found.ratio.high - found.ratio.low < 0.5 * (found.candidate.high - found.candidate.low) / found.base.value


def test_errors_are_clustered_by_document(world: dict[str, Any]) -> None:
    """By hand: the sum of the squared sums of deviations of each document; documents whose sums are hardly skewed."""
    shift = np.repeat(np.sqrt(np.linspace(0.5, 1.5, DOCUMENTS)), LENGTH)[:, None]
    candidate = world["base"] + 0.2 * shift * np.random.default_rng(1).standard_normal((N, V))
    found = ba.compare_models(world["base"], candidate, documents=world["documents"])
    alone = ba.compare_models(world["base"], candidate)
    kl = truth(world["base"], candidate)["kl"]
    sums = (kl - kl.mean()).reshape(DOCUMENTS, LENGTH).sum(1)
    error = math.sqrt((sums**2).sum() * DOCUMENTS / (DOCUMENTS - 1)) / N
    assert found.effective_n == pytest.approx(kl.var() / error**2, rel=1e-9)
    assert found.effective_n < N / 2
    half = 2.201 * error  # the 97.5 % point of Student's t with 11 degrees of freedom
    assert (found.kl.high - found.kl.low) / 2 == pytest.approx(half, rel=0.1)
    assert found.kl.high - found.kl.low > 1.4 * (alone.kl.high - alone.kl.low)
    assert math.isnan(alone.effective_n)
    assert any("not clustered" in note for note in alone.notes)
    assert not any("not clustered" in note for note in found.notes)


def test_three_axes_say_which_document_a_row_is_of(world: dict[str, Any]) -> None:
    shape = DOCUMENTS, LENGTH, V
    labels = world["labels"].reshape(DOCUMENTS, LENGTH)
    cubes = ba.compare_models(world["base"].reshape(shape), world["candidate"].reshape(shape), labels)
    flat = ba.compare_models(world["base"], world["candidate"], world["labels"], documents=world["documents"])
    assert cubes.kl == flat.kl
    assert cubes.perplexity == flat.perplexity
    assert [b.by for b in cubes.breakdowns] == [b.by for b in flat.breakdowns]


def test_percentiles_and_the_share_of_the_worst(world: dict[str, Any]) -> None:
    found = ba.compare_models(world["base"], world["candidate"], world["labels"])
    kl = truth(world["base"], world["candidate"])["kl"]
    for percent, value in found.percentiles["kl"].items():
        assert value == pytest.approx(np.percentile(kl, percent), rel=1e-10, abs=1e-14)
    rows = np.arange(N)
    p, q = (np.exp(log_softmax(world[side], axis=1))[rows, world["labels"]] for side in ("base", "candidate"))
    for percent, value in found.percentiles["probability_change"].items():
        assert value == pytest.approx(np.percentile(q - p, percent), abs=1e-12)
    assert found.worst_percent_share == pytest.approx(np.sort(kl)[-3:].sum() / kl.sum())


def test_worst_tokens_in_their_context(world: dict[str, Any]) -> None:
    words = [f" w{i}" for i in range(V)]
    found = ba.compare_models(
        world["base"], world["candidate"], world["labels"], documents=world["documents"] + 7, tokens=words, worst=5
    )
    kl = truth(world["base"], world["candidate"])["kl"]
    order = np.argsort(-kl)[:5]
    assert [token.row for token in found.worst] == order.tolist()
    worst, row = found.worst[0], int(order[0])
    assert worst.kl == pytest.approx(kl[row])
    assert (worst.document, worst.position) == (row // LENGTH + 7, row % LENGTH)
    assert worst.base_top == words[world["base"][row].argmax()]
    assert worst.label == words[world["labels"][row]]
    start = max(row - 8, row - row % LENGTH)
    assert worst.context == "".join(words[i] for i in world["labels"][start:row])
    p, q = (np.exp(log_softmax(world[side][row])) for side in ("base", "candidate"))
    assert worst.base_probability == pytest.approx(p.max())
    assert worst.candidate_probability == pytest.approx(q[p.argmax()])
    assert worst.candidate_confidence == pytest.approx(q.max())
    without = ba.compare_models(world["base"], world["candidate"], worst=1).worst[0]
    assert (without.base_top, without.label, without.context) == (f"#{world['base'][row].argmax()}", "", "")


def test_breakdowns_share_out_all_tokens(world: dict[str, Any]) -> None:
    domains = np.where(world["documents"] < 4, "code", "prose")
    found = ba.compare_models(world["base"], world["candidate"], documents=world["documents"], domains=domains)
    kl = truth(world["base"], world["candidate"])["kl"]
    by = {breakdown.by: breakdown for breakdown in found.breakdowns}
    assert list(by) == ["domain", "document", "entropy of the base", "confidence of the base"]
    for breakdown in found.breakdowns:
        assert sum(bucket.tokens for bucket in breakdown.buckets) == N
        assert sum(bucket.kl_share for bucket in breakdown.buckets) == pytest.approx(1)
        assert breakdown.macro == pytest.approx(np.mean([bucket.kl.value for bucket in breakdown.buckets]))
    code = by["domain"].buckets[0]
    assert (code.name, code.tokens) == ("code", 4 * LENGTH)
    assert code.kl.value == pytest.approx(kl[domains == "code"].mean())
    assert code.kl_share == pytest.approx(kl[domains == "code"].sum() / kl.sum())
    assert by["document"].buckets[3].kl.value == pytest.approx(kl[3 * LENGTH : 4 * LENGTH].mean())
    entropy = truth(world["base"], world["candidate"])["entropy"]
    sure = next(b for b in by["entropy of the base"].buckets if b.name == "1-2 bits")
    assert sure.tokens == ((entropy >= 1) & (entropy < 2)).sum()


def test_of_many_documents_those_are_listed_that_hold_most(world: dict[str, Any]) -> None:
    found = ba.compare_models(world["base"], world["candidate"], documents=np.arange(N) // 5)
    kl = truth(world["base"], world["candidate"])["kl"].reshape(-1, 5)
    listed = next(b for b in found.breakdowns if b.by == "document")
    assert [b.name for b in listed.buckets] == [f"document {i}" for i in np.argsort(-kl.sum(1))[:20]]
    assert listed.macro == pytest.approx(kl.mean())


def test_positions_are_counted_within_documents(world: dict[str, Any]) -> None:
    found = ba.compare_models(world["base"], world["candidate"], documents=np.arange(N) % 4)  # not one after the other
    kl = truth(world["base"], world["candidate"])["kl"]
    position = next(b for b in found.breakdowns if b.by == "position")
    assert [b.name for b in position.buckets] == ["0-31", "32-127"]
    assert position.buckets[0].kl.value == pytest.approx(kl[np.arange(N) // 4 < 32].mean())


# small differences ------------------------------------------------------------------------------------------------


def test_small_differences_in_float32_are_exact() -> None:
    rng = np.random.default_rng(2)
    base = (3 * rng.standard_normal((64, 5000))).astype(np.float32)
    candidate = base + (1e-5 * rng.standard_normal(base.shape)).astype(np.float32)
    exact = [
        float(np.sum(np.exp(lp) * (np.expm1(d) - d)))
        for lp, d in zip(*exact_ratios(base.astype(np.longdouble), candidate.astype(np.longdouble)), strict=True)
    ]
    found = ba.compare_models(base, candidate)
    assert found.kl.value * LN2 == pytest.approx(np.mean(exact), rel=1e-3)
    assert found.kl.value * LN2 < 1e-10
    assert found.percentiles["kl"][0.0] >= 0


def exact_ratios(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log p and log q / p in extended precision."""
    lp, lq = (x - np.log(np.exp(x).sum(1, keepdims=True)) for x in (a, b))
    return lp, lq - lp


def test_equal_models_are_exactly_equal(world: dict[str, Any]) -> None:
    found = ba.compare_models(world["base"], world["base"], world["labels"], documents=world["documents"])
    for estimate in (found.kl, found.reverse_kl, found.js):
        assert (estimate.value, estimate.low, estimate.high) == (0, 0, 0)
    assert found.acceptance.value == found.top1_agreement.value == found.top5_agreement.value == 1
    assert found.perplexity.ratio.value == 1
    assert (found.worst, found.noise.near) == ((), True)
    assert math.isnan(found.worst_percent_share)
    assert found.temperature.temperature == pytest.approx(1, abs=1e-6)


# what is left out -------------------------------------------------------------------------------------------------


def test_rows_with_a_negative_label_are_left_out_of_everything(world: dict[str, Any]) -> None:
    labels = world["labels"].copy()
    labels[::3] = -100
    keep = labels >= 0
    found = ba.compare_models(world["base"], world["candidate"], labels, documents=world["documents"])
    only = ba.compare_models(
        world["base"][keep], world["candidate"][keep], labels[keep], documents=world["documents"][keep]
    )
    assert found.n == keep.sum()
    assert found.kl == only.kl
    assert found.perplexity == only.perplexity
    assert any(f"{(~keep).sum()} rows have a negative label" in note for note in found.notes)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("side", ["base", "candidate"])
def test_rows_that_are_not_finite_are_counted_and_left_out(world: dict[str, Any], side: str, bad: float) -> None:
    sides = {name: world[name].copy() for name in ("base", "candidate")}
    sides[side][[7, 90], 3] = bad
    keep = np.delete(np.arange(N), [7, 90])
    found = ba.compare_models(sides["base"], sides["candidate"])
    assert (found.nonfinite_tokens, found.n) == (2, N - 2)
    assert found.kl == ba.compare_models(world["base"][keep], world["candidate"][keep]).kl
    assert any("7, 90" in note for note in found.notes)


@pytest.mark.parametrize(("side", "of_candidate"), [("base", 0), ("candidate", N // 2)])
def test_a_model_without_numbers_is_told_of_first(world: dict[str, Any], side: str, of_candidate: int) -> None:
    sides = {name: world[name].copy() for name in ("base", "candidate")}
    sides[side][::2, 1] = math.nan
    found = ba.compare_models(sides["base"], sides["candidate"])
    assert (found.nonfinite_tokens, found.candidate_nonfinite_tokens) == (N // 2, of_candidate)
    assert f"{N // 2} of {N} tokens (50 %)" in found.notes[0]
    assert ("candidate" in found.notes[0]) == (side == "candidate")
    assert ModelComparison.from_json(found.to_json()).candidate_nonfinite_tokens == of_candidate
    whole = ba.compare_models(world["base"], np.full((N, V), math.nan))
    assert "300 of 300 tokens (100 %)" in whole.notes[0]


def test_numbers_as_large_as_float64_has_them_are_no_warning(world: dict[str, Any]) -> None:
    """Their differences and squares are beyond it."""
    base = np.sign(world["base"])
    for size in (1e300, 1e308):
        found = ba.compare_models(size * base, -size * base, np.argmax(base, 1), documents=world["documents"])
        assert found.n == N
        assert not found.kl.value < size


def test_what_the_candidate_excludes_costs_infinitely_much(world: dict[str, Any]) -> None:
    candidate = world["candidate"].copy()
    candidate[11, 0] = -np.inf
    found = ba.compare_models(world["base"], candidate, world["labels"], documents=world["documents"])
    assert (found.infinite_tokens, found.kl.value, found.cross_entropy.value) == (1, math.inf, math.inf)
    assert math.isfinite(found.reverse_kl.value)
    assert found.percentiles["kl"][100.0] == math.inf
    assert math.isfinite(found.percentiles["kl"][99.0])
    assert (found.worst[0].row, found.worst[0].kl) == (11, math.inf)
    rest = np.delete(truth(world["base"], world["candidate"])["kl"], 11).mean()
    assert any(f"{rest:.4g} bits" in note for note in found.notes)
    assert found.temperature is not None
    assert ModelComparison.from_json(found.to_json()).kl.value == math.inf


def test_both_excluding_a_token_is_no_difference(world: dict[str, Any]) -> None:
    base, candidate = world["base"].copy(), world["candidate"].copy()
    base[:, 5] = candidate[:, 5] = -np.inf
    labels = np.where(world["labels"] == 5, 6, world["labels"])
    found = ba.compare_models(base, candidate, labels)
    without = ba.compare_models(np.delete(base, 5, 1), np.delete(candidate, 5, 1))
    assert found.kl.value == pytest.approx(without.kl.value, rel=1e-12)
    assert found.infinite_tokens == 0


def test_a_text_that_a_model_excludes_has_infinite_perplexity(world: dict[str, Any]) -> None:
    base, candidate = world["base"].copy(), world["candidate"].copy()
    candidate[4, world["labels"][4]] = -np.inf
    found = ba.compare_models(base, candidate, world["labels"]).perplexity
    assert (found.candidate.value, found.ratio.value) == (math.inf, math.inf)
    base[4, world["labels"][4]] = -np.inf
    found = ba.compare_models(base, candidate, world["labels"]).perplexity
    assert found.base.value == math.inf
    assert math.isnan(found.ratio.value)


def test_nothing_left_is_said_and_not_invented(world: dict[str, Any]) -> None:
    found = ba.compare_models(world["base"], world["candidate"], np.full(N, -1))
    assert found.n == 0
    assert math.isnan(found.kl.value)
    assert found.kl.kind == "unknown"
    assert found.worst == found.breakdowns == ()
    one = ba.compare_models(world["base"][:1], world["candidate"][:1], [3])
    assert one.kl.value == pytest.approx(truth(world["base"], world["candidate"])["kl"][0])
    assert (one.n, one.kl.kind, one.kl.low) == (1, "unknown", None)
    for result in (found, one):
        assert ModelComparison.from_json(result.to_json()).n == result.n
        assert str(result)


# vocabulary -------------------------------------------------------------------------------------------------------


def test_padding_is_left_out_only_when_told(world: dict[str, Any]) -> None:
    padded = np.column_stack([world["candidate"], np.zeros((N, 3))])
    with pytest.raises(ba.DataError, match=r"40 columns .* 43: .*vocabulary="):
        ba.compare_models(world["base"], padded)
    found = ba.compare_models(world["base"], padded, vocabulary=V)
    assert found.kl == ba.compare_models(world["base"], world["candidate"]).kl
    beyond = 1 - np.exp(log_softmax(padded, axis=1))[:, :V].sum(1)
    line = next(check for check in found.checks if "beyond" in check)
    assert "3 columns beyond the vocabulary" in line
    assert float(line.split("with ")[1].split(" of")[0]) == pytest.approx(beyond.mean(), rel=0.5)
    with pytest.raises(ba.UsageError, match="only 40 columns"):
        ba.compare_models(world["base"], padded, vocabulary=41)


def test_probabilities_are_refused_and_log_probabilities_are_named(world: dict[str, Any]) -> None:
    logs = log_softmax(world["base"], axis=1)
    with pytest.raises(ba.DataError, match=r"candidate holds probabilities.*take their logarithm"):
        ba.compare_models(world["base"], np.exp(logs))
    found = ba.compare_models(logs, world["candidate"])
    assert found.kl.value == pytest.approx(ba.compare_models(world["base"], world["candidate"]).kl.value, rel=1e-12)
    assert any("base are log-probabilities" in check for check in found.checks)
    assert not any("candidate are" in check for check in found.checks)


# temperature and noise --------------------------------------------------------------------------------------------


def test_temperature_that_was_changed_is_found_and_mends(world: dict[str, Any]) -> None:
    found = ba.compare_models(world["base"], 1.3 * world["base"], documents=world["documents"]).temperature
    assert found.temperature == pytest.approx(1.3, rel=1e-6)
    assert found.left.value == pytest.approx(0, abs=1e-12)
    assert found.saved.value == pytest.approx(truth(world["base"], 1.3 * world["base"])["kl"].mean(), rel=1e-9)


@pytest.mark.parametrize("scale", [0.05, 0.5, 0.97, 3.0, 20.0])
def test_any_temperature_is_found(world: dict[str, Any], scale: float) -> None:
    found = ba.compare_models(world["base"], scale * world["base"]).temperature
    assert found.temperature == pytest.approx(scale, rel=1e-4)


def test_temperature_is_fitted_to_the_other_half(world: dict[str, Any]) -> None:
    """Documents that each need another temperature: what is fitted to the others saves less than it would at best."""
    found = ba.compare_models(world["base"], world["candidate"], documents=world["documents"]).temperature
    kl = truth(world["base"], world["candidate"])["kl"].mean()
    best = min(truth(world["base"], world["candidate"] / t)["kl"].mean() for t in np.linspace(1, 1.4, 81))
    assert found.tokens == N
    assert found.saved.value + found.left.value == pytest.approx(kl, rel=1e-9)
    assert best <= found.left.value < best + 0.02 * (kl - best)
    assert 1.1 < found.temperature < 1.3


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_storage_noise_is_what_rounding_makes(kind: str) -> None:
    rng = np.random.default_rng(3)
    base = (4 * rng.standard_normal((400, 300))).astype(np.float32)
    rounded = base.astype(np.float16) if kind == "float16" else truncated_to_bfloat16(base)
    found = ba.compare_models(base, rounded)
    made = truth(base.astype(float), as_float(rounded))["kl"].mean()
    assert found.noise.storage_dtype == kind
    assert found.noise.storage == pytest.approx(made, rel=0.1)
    assert found.noise.near
    both = ba.compare_models(rounded, rounded + np.float16(0) if kind == "float16" else rounded)
    assert both.noise.storage == pytest.approx(made, rel=0.25)


def truncated_to_bfloat16(array: np.ndarray) -> Any:
    """A torch tensor of bfloat16."""
    torch = pytest.importorskip("torch")
    return torch.from_numpy(array).to(torch.bfloat16)


def as_float(array: Any) -> np.ndarray:
    """Numbers of any kind in float64."""
    return array.double().numpy() if hasattr(array, "double") else array.astype(float)


def test_a_second_run_of_the_base_is_a_floor(world: dict[str, Any]) -> None:
    rng = np.random.default_rng(4)
    again = world["base"] + 0.25 * rng.standard_normal(world["base"].shape)
    found = ba.compare_models(world["base"], world["base"] + 0.3 * rng.standard_normal((N, V)), noise=again)
    assert found.noise.rerun.value == pytest.approx(truth(world["base"], again)["kl"].mean(), rel=1e-9)
    assert found.noise.near
    assert not ba.compare_models(world["base"], world["candidate"] * 2, noise=again).noise.near


# several candidates -----------------------------------------------------------------------------------------------


def test_candidates_are_ranked_with_paired_tests(world: dict[str, Any]) -> None:
    rng = np.random.default_rng(6)
    far, near = (world["base"] + s * rng.standard_normal((N, V)) for s in (0.5, 0.1))
    twin = near + 1e-3 * rng.standard_normal((N, V))
    found = ba.compare_models(world["base"], [far, near, twin], documents=world["documents"])
    assert isinstance(found, ModelRanking)
    values = [c.kl.value for c in found.comparisons]
    assert values == sorted(values)
    assert found.comparisons[-1].candidate.name == "candidate 1"
    assert len(found.pairs) == 3
    kl = {f"candidate {i}": truth(world["base"], c)["kl"] for i, c in enumerate((far, near, twin), 1)}
    for pair in found.pairs:
        d = kl[pair.first] - kl[pair.second]
        assert pair.difference.value == pytest.approx(d.mean(), rel=1e-8)
        apart = pair.difference.high < 0 or pair.difference.low > 0
        assert (pair.p_value < 0.05) == apart
        assert pair.adjusted >= pair.p_value
    assert ba.compare_models(world["base"], [near]).pairs == ()
    with pytest.raises(ba.UsageError, match="empty"):
        ba.compare_models(world["base"], [])


def test_a_list_of_rows_is_one_candidate(world: dict[str, Any]) -> None:
    rows = world["candidate"][:6]
    for listed in (rows.tolist(), list(rows)):
        found = ba.compare_models(world["base"][:6].tolist(), listed)
        assert isinstance(found, ModelComparison)
        assert found.kl.value == pytest.approx(truth(world["base"], world["candidate"])["kl"][:6].mean())


def test_pairs_count_tokens_that_both_have(world: dict[str, Any]) -> None:
    broken = world["candidate"].copy()
    broken[3] = math.nan
    infinite = world["candidate"].copy()
    infinite[5, 0] = -math.inf
    found = ba.compare_models(world["base"], [broken, world["candidate"]])
    assert found.pairs[0].difference.value == pytest.approx(0, abs=1e-15)
    assert found.pairs[0].difference.n == N - 1
    assert math.isnan(found.pairs[0].p_value)
    assert "NaN" in found.pairs[0].difference.note
    found = ba.compare_models(world["base"], [infinite, world["candidate"]])
    assert found.comparisons[0].candidate.name == "candidate 2"
    assert (found.pairs[0].difference.value, math.isnan(found.pairs[0].p_value)) == (-math.inf, True)


def test_a_candidate_without_numbers_is_never_the_closest(world: dict[str, Any]) -> None:
    broken, infinite = world["base"].copy(), world["candidate"].copy()
    broken[3], infinite[5, 0] = math.nan, -math.inf
    found = ba.compare_models(world["base"], [broken, infinite, world["candidate"]])
    assert [c.candidate.name for c in found.comparisons] == ["candidate 3", "candidate 2", "candidate 1"]
    assert found.comparisons[-1].kl.value == 0
    untested = [pair for pair in found.pairs if "candidate 1" in (pair.first, pair.second)]
    assert all(math.isnan(pair.p_value) and not math.isinf(pair.difference.value) for pair in untested)


def test_p_values_are_those_of_students_t_over_documents(world: dict[str, Any]) -> None:
    rng = np.random.default_rng(3)
    first, second = (world["base"] + s * rng.standard_normal((N, V)) for s in (0.30, 0.31))
    third = world["base"] + 0.6 * rng.standard_normal((N, V))
    found = ba.compare_models(world["base"], [first, second, third], documents=world["documents"])
    kl = {f"candidate {i}": truth(world["base"], c)["kl"] for i, c in enumerate((first, second, third), 1)}
    for pair in found.pairs:
        means = (kl[pair.first] - kl[pair.second]).reshape(DOCUMENTS, LENGTH).mean(1)
        assert pair.p_value == pytest.approx(ttest_1samp(means, 0).pvalue, rel=1e-6)
    alone = ba.compare_models(world["base"], [first, second]).pairs[0]
    assert alone.p_value == pytest.approx(ttest_rel(kl["candidate 1"], kl["candidate 2"]).pvalue, rel=1e-6)


# what rows are of ---------------------------------------------------------------------------------------------------


def test_axes_that_differ_are_refused_and_not_unrolled(world: dict[str, Any]) -> None:
    base, candidate = (world[side].reshape(DOCUMENTS, LENGTH, V) for side in ("base", "candidate"))
    labels = world["labels"].reshape(DOCUMENTS, LENGTH)
    with pytest.raises(ba.DataError, match=r"labels has rows of the axes \(25, 12\) and the logits of \(12, 25\)"):
        ba.compare_models(base, candidate, labels.T)
    with pytest.raises(ba.DataError, match="documents has rows of the axes"):
        ba.compare_models(base, candidate, documents=labels.T)
    with pytest.raises(ba.DataError, match=r"base has rows of the axes \(12, 25\) and candidate of \(25, 12\)"):
        ba.compare_models(base, candidate.reshape(LENGTH, DOCUMENTS, V))
    flat = ba.compare_models(world["base"], world["candidate"], world["labels"])
    for shape in ((N, V), (3, 4, LENGTH, V), (1, N, V), (DOCUMENTS, LENGTH, 1, V)):
        found = ba.compare_models(base, candidate.reshape(shape), labels)
        assert (found.kl.value, found.perplexity.ratio.value) == (flat.kl.value, flat.perplexity.ratio.value)


def test_padding_without_numbers_is_told_of(world: dict[str, Any]) -> None:
    padded = np.column_stack([world["base"], np.full((N, 3), math.nan)])
    found = ba.compare_models(padded, world["candidate"], vocabulary=V)
    assert found.kl == ba.compare_models(world["base"], world["candidate"]).kl
    assert "base has 3 columns beyond the vocabulary, left out, with NaN or infinite logits." in found.checks


def test_one_value_a_document_is_enough(world: dict[str, Any]) -> None:
    base, candidate = (world[side].reshape(DOCUMENTS, LENGTH, V) for side in ("base", "candidate"))
    names = [f"text {i // 2}" for i in range(DOCUMENTS)]
    short = ba.compare_models(base, candidate, documents=names, domains=names)
    full = ba.compare_models(base, candidate, documents=np.repeat(names, LENGTH), domains=np.repeat(names, LENGTH))
    assert short == full
    assert short.worst[0].document_name == f"text {short.worst[0].row // (2 * LENGTH)}"
    with pytest.raises(ba.DataError, match="one a row is needed, or one for each of the 12 documents"):
        ba.compare_models(base, candidate, documents=names[1:])
    with pytest.raises(ba.DataError, match=r"one a row is needed$"):
        ba.compare_models(world["base"], world["candidate"], documents=names)


def test_a_list_of_paths_is_no_side(world: dict[str, Any], tmp_path: Path) -> None:
    paths = [tmp_path / "a.npy", "b.npy"]
    with pytest.raises(ba.UsageError, match=r"base is a list of 2 paths.*a glob such as 'logits-\*.npy'"):
        ba.compare_models(paths, world["candidate"])
    with pytest.raises(ba.UsageError, match="noise is a list of 2 paths"):
        ba.compare_models(world["base"], world["candidate"], noise=paths)


def test_a_vocabulary_of_another_size_is_noticed(world: dict[str, Any]) -> None:
    def notes(number: int) -> tuple[str, ...]:
        tokens = [f"t{i}" for i in range(number)]
        return ba.compare_models(world["base"], world["candidate"], documents=world["documents"], tokens=tokens).notes

    assert notes(V) == ()
    assert "Of 40 tokens, 5 have no text in tokens=, from 35 on" in notes(V - 5)[0]
    assert "ids up to 42, but there are 40 tokens" in notes(V + 3)[0]


# ends that cannot be -------------------------------------------------------------------------------------------------


def test_no_interval_ends_where_its_quantity_cannot_be(world: dict[str, Any]) -> None:
    few = ba.compare_models(world["base"][:4], world["candidate"][:4], world["labels"][:4], documents=[0, 0, 1, 1])
    assert 1 == few.perplexity.base.low < few.perplexity.base.value
    assert 1 == few.perplexity.candidate.low < few.perplexity.candidate.value
    rng = np.random.default_rng(1)
    noise = 1e-3 * rng.standard_normal((N, V)) * rng.exponential(1, (N, 1)) ** 6
    left = ba.compare_models(world["base"], 1.3 * world["base"] + noise, documents=world["documents"]).temperature.left
    assert 0 <= left.low <= left.value <= left.high


def test_no_temperature_is_told_where_none_is_best() -> None:
    """A candidate that is always wrong: the hotter the better."""
    base, candidate = np.tile([2.0, 1.0, 0.0], (200, 1)), np.tile([0.0, 1.0, 2.0], (200, 1))
    assert ba.compare_models(base, candidate).temperature is None
    assert ba.compare_models(base, 2 * base).temperature.temperature == pytest.approx(2, rel=1e-6)


# the table of tokens ----------------------------------------------------------------------------------------------


def test_the_table_has_a_row_a_token(world: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "tokens.parquet"
    labels = world["labels"].copy()
    labels[2] = -1
    found = ba.compare_models(world["base"], world["candidate"], labels, documents=world["documents"], per_token=path)
    table = pq.read_table(path).to_pandas()
    assert len(table) == found.n == N - 1
    assert table.kl.mean() == pytest.approx(found.kl.value, rel=1e-12)
    exact = {name: np.delete(values, 2) for name, values in truth(world["base"], world["candidate"]).items()}
    for name in ("entropy", "kl", "reverse_kl", "js"):
        assert table[name].to_numpy() == pytest.approx(exact[name], rel=1e-9)
    assert (1 - table.total_variation).to_numpy() == pytest.approx(exact["acceptance"])
    assert table.row.tolist() == np.delete(np.arange(N), 2).tolist()
    assert table.label.tolist() == np.delete(labels, 2).tolist()
    assert (table.base_top == np.delete(world["base"].argmax(1), 2)).all()
    assert list(tmp_path.iterdir()) == [path]


def test_the_table_is_there_whole_or_as_it_was(world: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "tokens.parquet"
    path.write_text("before")
    broken = np.full((N, V), 2.0)[:5]
    with pytest.raises(ba.DataError):
        ba.compare_models(world["base"], [world["candidate"], broken], per_token=path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    ba.compare_models(world["base"], [world["candidate"], world["base"]], per_token=path)
    assert pq.read_table(path).to_pandas().candidate.value_counts().to_dict() == {"candidate 1": N, "candidate 2": N}
    with pytest.raises(ba.UsageError, match="does not exist"):
        ba.compare_models(world["base"], world["candidate"], per_token=tmp_path / "none" / "x.parquet")


def test_the_table_of_tokens_never_replaces_what_is_read(world: dict[str, Any], tmp_path: Path) -> None:
    np.save(tmp_path / "base.npy", world["base"])
    for name in ("base.npy", "x.csv", "x"):
        with pytest.raises(ba.UsageError, match=r"ends in \.parquet"):
            ba.compare_models(tmp_path / "base.npy", world["candidate"], per_token=tmp_path / name)
    folder = tmp_path / "lists"
    folder.mkdir()
    logs = np.sort(log_softmax(world["base"], axis=1), 1)[:, :-4:-1]
    pq.write_table(pa.table({"ids": [[0, 1, 2]] * N, "logprobs": logs.tolist()}), folder / "0.parquet")
    (tmp_path / "link.parquet").symlink_to(folder / "0.parquet")
    before = (folder / "0.parquet").read_bytes()
    for source, name in (
        (folder / "0.parquet", "lists/0.parquet"),
        (f"{folder}/*.parquet", "lists/0.parquet"),
        (folder, "lists/0.parquet"),
        (folder, "lists/new.parquet"),
        (folder / "0.parquet", "link.parquet"),
        (tmp_path / "link.parquet", "lists/0.parquet"),
    ):
        for sides in ((source, world["candidate"]), (world["candidate"], [source])):
            with pytest.raises(ba.UsageError, match="write the output elsewhere"):
                ba.compare_models(*sides, per_token=tmp_path / name)
    assert (folder / "0.parquet").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["0.parquet"]
    np.save(folder.parent / "candidate.npy", world["candidate"])
    ba.compare_models(f"{tmp_path}/base.npy", f"{tmp_path}/candidate.npy", per_token=tmp_path / "new.parquet")
    ba.compare_models(f"{tmp_path}/base.npy", world["candidate"], per_token=folder / "new.parquet")
    assert pq.read_metadata(folder / "new.parquet").num_rows == pq.read_metadata(tmp_path / "new.parquet").num_rows == N


# files and wrong input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["npy", "npz", "safetensors", "glob"])
def test_files_say_what_arrays_say(world: dict[str, Any], tmp_path: Path, form: str) -> None:
    sides = []
    for name in ("base", "candidate"):
        array, path = world[name].astype(np.float32), tmp_path / f"{name}.{form}"
        if form == "npy":
            np.save(path, array)
        elif form == "npz":
            np.savez(path, logits=array)
        elif form == "safetensors":
            save_safetensors(path, array)
        else:
            for i in range(3):
                np.save(tmp_path / f"{name}_{i}.npy", array[100 * i : 100 * (i + 1)])
            path = tmp_path / f"{name}_*.npy"
        sides.append(str(path))
    np.savetxt(tmp_path / "labels.txt", world["labels"], fmt="%d")
    found = ba.compare_models(*sides, str(tmp_path / "labels.txt"))
    expected = ba.compare_models(
        world["base"].astype(np.float32), world["candidate"].astype(np.float32), world["labels"]
    )
    assert found.kl.value == expected.kl.value
    assert found.base.name == sides[0] or form == "glob"
    assert found.base.documents == (3 if form == "glob" else 1)
    assert found.perplexity.ratio.value == pytest.approx(expected.perplexity.ratio.value)


def save_safetensors(path: Path, array: np.ndarray) -> None:
    """A .safetensors file with one array."""
    import json
    import struct

    head = json.dumps({"logits": {"dtype": "F32", "shape": array.shape, "data_offsets": [0, array.nbytes]}}).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + array.tobytes())


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int8])
def test_types_of_numbers(kind: type) -> None:
    rng = np.random.default_rng(9)
    base, candidate = ((3 * rng.standard_normal((30, 20))).astype(kind) for _ in range(2))
    found = ba.compare_models(base, candidate)
    assert found.kl.value == pytest.approx(truth(base.astype(float), candidate.astype(float))["kl"].mean(), rel=1e-9)
    assert found.base.dtype == np.dtype(kind).name


@pytest.mark.parametrize(("form", "rows"), [("memory", 28), ("file", 7)])
def test_blocks_do_not_show(
    world: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str, rows: int
) -> None:
    whole = ba.compare_models(world["base"], world["candidate"], world["labels"], documents=world["documents"])
    steps: list[tuple[str, int, int]] = []
    monkeypatch.setattr("bitsapart.model_comparison.blocks.BLOCK", 7 * 8 * V)
    if form == "file":
        np.save(tmp_path / "x.npy", world["base"])
    parts = ba.compare_models(
        tmp_path / "x.npy" if form == "file" else world["base"],
        world["candidate"],
        world["labels"],
        documents=world["documents"],
        progress=lambda *step: steps.append(step),
    )
    assert replace(parts, base=whole.base) == whole
    assert steps[0] == ("comparing candidate", rows, N)
    assert steps[-1] == ("comparing candidate", N, N)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"candidate": np.zeros((N - 1, V))}, ba.DataError, r"300 rows and .* 299"),
        ({"candidate": np.zeros(N)}, ba.DataError, "rows of logits"),
        ({"labels": np.full(N, V)}, ba.DataError, r"labels has 40 in row 0, but there are 40 tokens, 0 to 39"),
        ({"labels": np.zeros(N - 1, int)}, ba.DataError, "299 values, but there are 300 rows"),
        ({"labels": np.full(N, 0.5)}, ba.DataError, "whole numbers"),
        ({"labels": ["a"] * N}, ba.DataError, "whole numbers"),
        ({"documents": np.zeros(3)}, ba.DataError, "documents has 3 values"),
        ({"domains": ["a"]}, ba.DataError, "domains has 1 values"),
        ({"candidate": "none.npy"}, ba.DataError, "no such file"),
        ({"candidate": "none.parquet"}, ba.DataError, "no such file"),
        ({"noise": np.zeros((3, V))}, ba.DataError, "3"),
        ({"tokens": "none.json"}, ba.DataError, "no such file: 'none.json'"),
        ({"tokens": []}, ba.DataError, "no tokens"),
        ({"level": 1.0}, ba.UsageError, "level"),
        ({"confident": 0}, ba.UsageError, "confident"),
        ({"worst": -1}, ba.UsageError, "worst"),
        ({"seed": 1.5}, ba.UsageError, "seed"),
        ({"vocabulary": 0}, ba.UsageError, "vocabulary"),
    ],
)
def test_wrong_input_is_one_sentence(
    world: dict[str, Any], change: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    given = {"base": world["base"], "candidate": world["candidate"]} | change
    with pytest.raises(error, match=sentence) as raised:
        ba.compare_models(given.pop("base"), given.pop("candidate"), given.pop("labels", None), **given)
    assert "\n" not in str(raised.value)


def test_pickles_are_never_loaded(tmp_path: Path, world: dict[str, Any]) -> None:
    path = tmp_path / "logits.pt"
    path.write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(ba.DataError, match="pickle"):
        ba.compare_models(path, world["candidate"])
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object))
    with pytest.raises(ba.DataError, match="pickle"):
        ba.compare_models(tmp_path / "o.npy", world["candidate"])


def test_a_result_survives_its_document(world: dict[str, Any]) -> None:
    found = ba.compare_models(world["base"], world["candidate"], world["labels"], documents=world["documents"])
    assert ModelComparison.from_json(found.to_json()) == found


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    """Two files of 100 MB, of which little more than two blocks each is ever held."""
    code = (
        "import resource, sys\n"
        "import numpy as np, bitsapart as ba\n"
        "small = np.random.default_rng(0).standard_normal((80, 500)).astype(np.float16)\n"
        "known = dict(documents=np.arange(400) // 20, labels=np.zeros(400, int))\n"
        "ba.compare_models(small, -small, np.zeros(80, int), documents=np.arange(80) // 8)\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(ba.compare_models(*sys.argv[1:], **known).n)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)"
    )
    paths = [tmp_path / name for name in ("a.npy", "b.npy")]
    for path in paths:
        np.lib.format.open_memmap(path, "w+", np.float16, (400, 128_000))[::7, 5] = 3
    done = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=True)
    tokens, kilobytes = map(int, done.stdout.split())
    assert tokens == 400
    assert kilobytes < 50_000
