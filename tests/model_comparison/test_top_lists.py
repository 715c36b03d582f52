"""Lists of top tokens, as inference servers give them: bounds that hold, every format, and what is refused."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax

import bitsapart as ba
from bitsapart.model_comparison.result import ModelComparison

LN2 = math.log(2.0)
DOCUMENTS, LENGTH, V = 5, 12, 30
N = DOCUMENTS * LENGTH


def logs(seed: int, noise: float = 0.4, outcomes: int = V) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-probabilities of two models, and labels drawn from the first."""
    rng = np.random.default_rng(seed)
    base = log_softmax(2.5 * rng.standard_normal((N, outcomes)), axis=1)
    candidate = log_softmax(base + noise * rng.standard_normal(base.shape), axis=1)
    return base, candidate, np.array([rng.choice(outcomes, p=np.exp(row)) for row in base])


def columns(logs: np.ndarray, labels: np.ndarray, k: int) -> dict[str, Any]:
    """The table of the k most probable tokens of each row, with the token that came."""
    ids = np.argsort(-logs, axis=1)[:, :k]
    return {
        "doc": np.repeat(np.arange(DOCUMENTS), LENGTH).tolist(),
        "pos": np.tile(np.arange(LENGTH), DOCUMENTS).tolist(),
        "token_id": labels.tolist(),
        "ids": ids.tolist(),
        "logprobs": np.take_along_axis(logs, ids, 1).tolist(),
        "target_logprob": logs[np.arange(len(logs)), labels].tolist(),
    }


def table(logs: np.ndarray, labels: np.ndarray, k: int) -> pa.Table:
    """The same in Arrow."""
    return pa.table(columns(logs, labels, k))


def truth(lp: np.ndarray, lq: np.ndarray) -> dict[str, float]:
    """Means of the textbook sums, bits."""
    p, q = np.exp(lp), np.exp(lq)
    m = np.log((p + q) / 2)
    return {
        "entropy": -(p * lp).sum(1).mean() / LN2,
        "kl": (p * (lp - lq)).sum(1).mean() / LN2,
        "reverse_kl": (q * (lq - lp)).sum(1).mean() / LN2,
        "js": ((p * (lp - m)).sum(1) + (q * (lq - m)).sum(1)).mean() / 2 / LN2,
        "acceptance": np.minimum(p, q).sum(1).mean(),
    }


# bounds -----------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), k=st.integers(1, V), m=st.integers(1, V), noise=st.sampled_from([1e-3, 0.3, 3.0]))
def test_bounds_hold_whatever_is_cut_off(seed: int, k: int, m: int, noise: float) -> None:
    lp, lq, labels = logs(seed, noise)
    exact = truth(lp, lq)
    pairs = {
        "base": (table(lp, labels, k), lq),
        "candidate": (lp, table(lq, labels, m)),
        "both": (table(lp, labels, k), table(lq, labels, m)),
    }
    for what, (base, candidate) in pairs.items():
        found = ba.compare_models(base, candidate)
        for name in ("entropy", "kl", "reverse_kl", "js"):
            estimate = getattr(found, name)
            assert estimate.value <= exact[name] * (1 + 1e-9) + 1e-12, (what, name)
            if estimate.kind == "bound":
                assert estimate.low <= estimate.value <= estimate.high
            else:
                assert estimate.value == pytest.approx(exact[name], rel=1e-5, abs=1e-7)
        assert found.acceptance.value >= exact["acceptance"] - 1e-12
        assert found.acceptance.low <= exact["acceptance"] + 1e-9
        assert found.truncation.upper >= exact["kl"] * (1 - 1e-9)
        assert (found.truncation.upper < math.inf) == (what == "base" or (what == "candidate" and m == V))
        assert found.perplexity.candidate.value == pytest.approx(np.exp(-lq[np.arange(N), labels].mean()), rel=1e-9)


def merged(lp: np.ndarray, lq: np.ndarray, k: int) -> float:
    """KL in bits of the k most probable tokens of P and of one outcome for all others."""
    ids = np.argsort(-lp, axis=1)[:, :k]
    p, q = (np.take_along_axis(np.exp(x), ids, 1) for x in (lp, lq))
    rest_p, rest_q = 1 - p.sum(1), 1 - q.sum(1)
    return float(((p * np.log(p / q)).sum(1) + rest_p * np.log(rest_p / rest_q)).mean() / LN2)


def test_a_truncated_base_against_all_of_the_candidate() -> None:
    lp, lq, labels = logs(1)
    given_ = columns(lp, labels, 8)
    del given_["target_logprob"], given_["token_id"]
    found = ba.compare_models(pa.table(given_), lq)
    ids = np.argsort(-lp, axis=1)
    head = np.take_along_axis(np.exp(lp) * (lp - lq), ids[:, :8], 1).sum(1)
    tail = 1 - np.take_along_axis(np.exp(lp), ids[:, :8], 1).sum(1)
    least = np.take_along_axis(lq, ids[:, 8:], 1).min(1)
    assert found.kl.value == pytest.approx(merged(lp, lq, 8), rel=1e-4)
    assert found.truncation.lower.value == found.kl.value
    assert found.truncation.upper == pytest.approx((head + tail * (np.log(tail) - least)).mean() / LN2, rel=1e-4)
    assert found.truncation.base_tail == pytest.approx(tail.mean(), rel=1e-4)
    assert (found.truncation.candidate_tail, found.truncation.exact_tokens) == (0, 0)
    assert (found.kl.kind, found.reverse_kl.kind, found.reverse_kl.high) == ("bound", "bound", math.inf)
    assert found.entropy.high < math.inf
    assert found.perplexity is None
    assert found.top1_agreement.value == (lp.argmax(1) == lq.argmax(1)).mean()
    assert ModelComparison.from_json(found.to_json()).truncation == found.truncation
    assert "at least" in str(found)


def test_lists_that_are_complete_are_exact() -> None:
    lp, lq, labels = logs(2)
    exact = truth(lp, lq)
    for base, candidate, vocabulary in (
        (table(lp, labels, V), lq, None),
        (*(table(x, labels, V) for x in (lp, lq)), V),
    ):
        found = ba.compare_models(base, candidate, vocabulary=vocabulary)
        assert found.truncation.exact_tokens == N
        assert found.truncation.base_tail == found.truncation.candidate_tail == 0
        for name, value in exact.items():
            assert getattr(found, name).value == pytest.approx(value, rel=1e-9), name
            assert getattr(found, name).kind == "confidence"


def test_lists_that_hold_nearly_all_mass_do_not_make_infinity() -> None:
    """In float32 ten tokens of thirty hold all the mass; what is left is not known to be nothing."""
    lp, lq, labels = logs(3)
    sharp = [log_softmax(9 * x, axis=1) for x in (lp, lq)]
    tables = [columns(x, labels, 10) for x in sharp]
    for given_ in tables:
        given_["logprobs"] = np.array(given_["logprobs"], np.float32).tolist()
    found = ba.compare_models(*(pa.table(t) for t in tables))
    exact = truth(*sharp)["kl"]
    assert found.infinite_tokens == 0
    assert found.kl.value <= exact + 2e-5
    assert found.kl.value == pytest.approx(exact, rel=0.05)


def test_short_lists_do_not_know_the_top_five() -> None:
    lp, lq, labels = logs(4)
    found = ba.compare_models(table(lp, labels, 3), table(lq, labels, 3))
    assert math.isnan(found.top5_agreement.value)
    assert "fewer than five" in found.top5_agreement.note
    assert ba.compare_models(table(lp, labels, 5), lq).top5_agreement.value == pytest.approx(
        np.mean([len(set(a) & set(b)) / 5 for a, b in zip(*(np.argsort(-x, 1)[:, :5] for x in (lp, lq)), strict=True)])
    )


# formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv", "jsonl", "dict", "pandas", "polars"])
def test_every_format_says_the_same(form: str, tmp_path: Path) -> None:
    lp, lq, labels = logs(5)
    given_ = columns(lq, labels, 6) | {"domain": ["a", "b"] * (N // 2)}
    path = tmp_path / f"x.{form}"
    source: Any = path
    if form == "parquet":
        pq.write_table(pa.table(given_), path, row_group_size=17)
    elif form == "arrow":
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, pa.table(given_).schema) as writer:
            writer.write_table(pa.table(given_), max_chunksize=17)
    elif form == "csv":
        frame = pd.DataFrame(given_)
        frame["ids"], frame["logprobs"] = frame.ids.map(json.dumps), frame.logprobs.map(json.dumps)
        frame.to_csv(path, index=False)
    elif form == "jsonl":
        pd.DataFrame(given_).to_json(path, orient="records", lines=True, double_precision=15)
    else:
        source = {"dict": dict, "pandas": pd.DataFrame, "polars": pl.DataFrame}[form](given_)
    found = ba.compare_models(table(lp, labels, 6), source)
    expected = ba.compare_models(table(lp, labels, 6), pa.table(given_))
    assert found.kl.value == pytest.approx(expected.kl.value, rel=1e-9)
    assert found.candidate.format == "top 6 log-probabilities"
    assert next(b for b in found.breakdowns if b.by == "domain").buckets[0].tokens == N // 2
    assert found.n == N
    assert found.perplexity is not None


@pytest.mark.parametrize("kind", [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float16(), 6)])
def test_types_of_lists(kind: pa.DataType) -> None:
    lp, lq, labels = logs(6)
    other = table(lq, labels, 6)
    values = np.array(other["logprobs"].to_pylist())
    if kind.value_type == pa.float16():
        values = values.astype(np.float16)
    other = other.set_column(4, "logprobs", pa.array(list(values), kind))
    found = ba.compare_models(table(lp, labels, 6), other)
    expected = ba.compare_models(table(lp, labels, 6), table(lq, labels, 6))
    assert found.candidate.dtype == {"halffloat": "float16", "float": "float32"}.get(str(kind.value_type), "float64")
    assert found.kl.value == pytest.approx(expected.kl.value, rel=5e-3)


def test_rows_are_joined_by_document_and_position() -> None:
    lp, lq, labels = logs(7)
    one, two = table(lp, labels, 6), table(lq, labels, 6)
    expected = ba.compare_models(one, two)
    order = np.random.default_rng(0).permutation(N)
    found = ba.compare_models(one, two.take(order))
    assert found.kl == expected.kl
    assert [token.row for token in found.worst] == [token.row for token in expected.worst]
    text = two.set_column(0, "doc", pa.array([str(d) for d in two["doc"].to_pylist()]))
    assert ba.compare_models(one, text.take(order)).kl.value == pytest.approx(expected.kl.value, rel=1e-12)


def test_documents_and_positions_come_from_the_table() -> None:
    lp, lq, labels = logs(8)
    given_ = columns(lp, labels, 6)
    given_["doc"], given_["pos"] = [d + 40 for d in given_["doc"]], [p + 100 for p in given_["pos"]]
    found = ba.compare_models(pa.table(given_), lq)
    assert found.base.documents == DOCUMENTS
    assert found.worst[0].document == found.worst[0].row // LENGTH + 40
    assert found.worst[0].position == found.worst[0].row % LENGTH + 100
    assert found.kl.method == "unlisted merged"
    assert any("matched by their order" in note for note in found.notes)


def test_tokens_as_text() -> None:
    lp, lq, labels = logs(9)

    def as_text(x: np.ndarray) -> pa.Table:
        given_ = columns(x, labels, 6)
        given_["tokens"] = [[f" t{i}" for i in row] for row in given_.pop("ids")]
        given_["token"] = [f" t{i}" for i in given_.pop("token_id")]
        return pa.table(given_)

    expected = ba.compare_models(table(lp, labels, 6), table(lq, labels, 6))
    found = ba.compare_models(as_text(lp), as_text(lq))
    assert found.kl.value == pytest.approx(expected.kl.value, rel=1e-12)
    assert found.perplexity.ratio.value == pytest.approx(expected.perplexity.ratio.value, rel=1e-12)
    assert found.worst[0].base_top == f" t{lp[found.worst[0].row].argmax()}"
    with pytest.raises(ba.DataError, match="tokens= says which column"):
        ba.compare_models(as_text(lp), lq)
    known = ba.compare_models(as_text(lp), lq, tokens=[f" t{i}" for i in range(V)])
    assert known.kl.value == pytest.approx(ba.compare_models(table(lp, labels, 6), lq).kl.value, rel=1e-12)
    with pytest.raises(ba.DataError, match=r"' t\d+', which the vocabulary"):
        ba.compare_models(as_text(lp), lq, tokens=[f" t{i}" for i in range(V // 2)])


def test_values_below_the_list_are_not_listed() -> None:
    """-9999, null and short lists say the same."""
    lp, lq, labels = logs(10)
    full = columns(lq, labels, 6)
    for absent in (-9999.0, None):
        cut = json.loads(json.dumps(full))
        short = json.loads(json.dumps(full))
        for i in range(0, N, 2):
            cut["logprobs"][i][-2:] = [absent, absent]
            short["logprobs"][i], short["ids"][i] = short["logprobs"][i][:-2], short["ids"][i][:-2]
        found, expected = (ba.compare_models(table(lp, labels, 6), pa.table(t)) for t in (cut, short))
        assert found.kl == expected.kl


def test_rows_without_a_list_are_left_out() -> None:
    lp, lq, labels = logs(11)
    given_ = columns(lq, labels, 6)
    for i in (0, LENGTH):
        given_["ids"][i] = given_["logprobs"][i] = given_["target_logprob"][i] = None
    found = ba.compare_models(table(lp, labels, 6), pa.table(given_))
    assert found.n == N - 2
    assert any("2 rows have no list" in note for note in found.notes)
    given_ = columns(lq, labels, 6)
    given_["logprobs"][3][1] = math.nan
    found = ba.compare_models(table(lp, labels, 6), pa.table(given_))
    assert (found.n, found.nonfinite_tokens) == (N - 1, 1)


def only_targets(columns_: dict[str, Any], rows: range) -> dict[str, Any]:
    """The same with nothing but the token that came, as servers give that are asked for no others."""
    for i in rows:
        columns_["ids"][i], columns_["logprobs"][i] = [columns_["token_id"][i]], [columns_["target_logprob"][i]]
    return columns_


@pytest.mark.parametrize("form", ["empty", "missing", "target"])
def test_the_token_that_came_alone_is_not_the_most_probable_one(form: str) -> None:
    lp, lq, labels = logs(13)
    alone = columns(lq, labels, 6)
    if form == "target":
        alone = only_targets(alone, range(N))
    else:
        alone["ids"] = alone["logprobs"] = [[] if form == "empty" else None] * N
    for base, candidate in ((lp, alone), (table(lp, labels, 6), alone), (alone, alone)):
        found = ba.compare_models(base, candidate)
        assert (found.n, found.confident_tokens) == (N, 0)
        assert all(math.isnan(share.value) for share in (found.top1_agreement, found.top5_agreement))
        assert any(f"At {N} of {N} tokens only the token that came is listed" in note for note in found.notes)
        assert all(math.isnan(b.top1_agreement) for one in found.breakdowns for b in one.buckets)
        assert all(token.candidate_top == "" and math.isnan(token.candidate_confidence) for token in found.worst)
        assert ModelComparison.from_json(found.to_json()).n == N
    p, q = (columns(side, labels, 6)["target_logprob"] for side in (lp, lq))
    assert found.perplexity.candidate.value == pytest.approx(math.exp(-np.mean(q)))
    assert ba.compare_models(lp, alone).perplexity.ratio.value == pytest.approx(math.exp(np.mean(p) - np.mean(q)))


@pytest.mark.parametrize("form", ["empty", "-9999"])
def test_rows_without_ranks_are_left_out_of_shares_only(form: str, tmp_path: Path) -> None:
    lp, lq, labels = logs(14)
    given_ = columns(lq, labels, 8)
    for i in range(0, N, 4):
        given_["ids"][i] = [] if form == "empty" else given_["ids"][i]
        given_["logprobs"][i] = [] if form == "empty" else [-9999.0] * 8
    keep = np.arange(N) % 4 > 0
    found = ba.compare_models(lp, pa.table(given_), per_token=tmp_path / "x.parquet")
    only = ba.compare_models(lp[keep], lq[keep], documents=np.repeat(np.arange(DOCUMENTS), LENGTH)[keep])
    assert found.n == N
    assert found.top1_agreement == only.top1_agreement
    assert found.top5_agreement.value == pytest.approx(only.top5_agreement.value)
    assert (found.confident_tokens, found.confident_flips) == (only.confident_tokens, only.confident_flips)
    assert any(f"At {N // 4} of {N} tokens only" in note for note in found.notes)
    tops = pq.read_table(tmp_path / "x.parquet").to_pandas().candidate_top
    assert (tops.isna() == ~keep).all()
    swapped = ba.compare_models(pa.table(given_), lp)
    confidence = next(one for one in swapped.breakdowns if one.by == "confidence of the base")
    assert confidence.buckets[-1].name == "not known"
    assert confidence.buckets[-1].tokens == N // 4


def test_lists_of_one_token_are_ranked_where_any_is_another_than_came() -> None:
    lp, lq, labels = logs(15)
    found = ba.compare_models(lp, pa.table(columns(lq, labels, 1)))
    assert found.top1_agreement.value == (lp.argmax(1) == lq.argmax(1)).mean()


def test_a_target_that_does_not_fit_is_no_matter_of_logits() -> None:
    lp, lq, labels = logs(16)
    wrong = columns(lq, labels, V - 1)
    wrong["token_id"] = [next(iter(set(range(V)) - set(ids))) for ids in wrong["ids"]]
    wrong["target_logprob"] = [-0.5] * N
    with pytest.raises(ba.DataError, match="is target_logprob that of the token in token_id"):
        ba.compare_models(lp, pa.table(wrong))


def test_logits_with_their_sum_and_a_tail_that_is_given() -> None:
    lp, lq, labels = logs(12)
    expected = ba.compare_models(table(lp, labels, 6), table(lq, labels, 6))
    given_ = columns(lq + 5.0, labels, 6) | {"lse": [5.0] * N}
    given_["tail"] = [1 - sum(map(math.exp, row)) for row in columns(lq, labels, 6)["logprobs"]]
    del given_["target_logprob"]
    with pytest.raises(ba.DataError, match="give their lse"):
        ba.compare_models(table(lp, labels, 6), pa.table({k: v for k, v in given_.items() if k != "lse"}))
    found = ba.compare_models(table(lp, labels, 6), pa.table(given_))
    assert found.kl.value <= expected.kl.value * (1 + 1e-9)
    assert found.perplexity is None
    assert any("not among those listed" in note for note in found.notes)


# refused ----------------------------------------------------------------------------------------------------------


def changed(given_: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Other columns; None takes one away."""
    return {key: value for key, value in (given_ | changes).items() if value is not None}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: changed(t, ids=None), "no column ids or tokens"),
        (lambda t: changed(t, logprobs=None), "no column logprobs"),
        (lambda t: changed(t, pos=None), "only one of the columns doc and pos"),
        (lambda t: changed(t, pos=[0.5] * N), "whole numbers are needed"),
        (lambda t: changed(t, pos=[0] * N), "position 0 twice"),
        (lambda t: changed(t, doc=[9, *t["doc"][1:]]), r"no row for document \d, position 0"),
        (
            lambda t: changed(t, token_id=[(t["token_id"][0] + 1) % V, *t["token_id"][1:]]),
            "not of the same text: row 0",
        ),
        (lambda t: changed(t, ids=[[1, 1, 2, 3, 4, 5], *t["ids"][1:]]), "row 0 of candidate has token 1 twice"),
        (
            lambda t: changed(t, ids=[[-5, 1, 2, 3, 4, 6], *t["ids"][1:]]),
            "row 0 of candidate has an id that is no token",
        ),
        (lambda t: changed(t, ids=[[1], *t["ids"][1:]]), "1 ids and 6 logprobs"),
        (lambda t: changed(t, ids=[1.5] * N), "where lists are needed"),
        (lambda t: changed(t, logprobs=[["a"] * 6] * N), "where numbers are needed"),
        (lambda t: changed(t, logprobs=[[-0.1] * 6, *t["logprobs"][1:]]), "sum to 5.4"),
        (lambda t: changed(t, logprobs=[[1.0] * 6, *t["logprobs"][1:]]), "above 0"),
        (lambda t: changed(t, tail=[0.9] * N), "a tail of 0.9"),
        (lambda t: {key: value[:-1] for key, value in t.items()}, "60 rows and candidate has 59"),
    ],
)
def test_wrong_tables_are_one_sentence(change: Any, sentence: str) -> None:
    lp, lq, labels = logs(13)
    with pytest.raises(ba.DataError, match=sentence) as raised:
        ba.compare_models(table(lp, labels, 6), change(columns(lq, labels, 6)))
    assert "\n" not in str(raised.value)


def test_ids_beyond_the_vocabulary_are_refused() -> None:
    lp, lq, labels = logs(14)
    with pytest.raises(ba.DataError, match=r"lists token \d+, but there are 20 tokens"):
        ba.compare_models(table(lp, labels, 6), lq[:, :20])
    with pytest.raises(ba.DataError, match="but there are 25 tokens"):
        ba.compare_models(table(lp, labels, 6), table(lq, labels, 6), vocabulary=25)


def test_other_labels_than_the_table_has_are_refused() -> None:
    lp, lq, labels = logs(15)
    other = labels.copy()
    other[4] = (other[4] + 1) % V
    with pytest.raises(ba.DataError, match="labels and base are not of the same text: row 4"):
        ba.compare_models(table(lp, labels, 6), lq, other)
    other[4] = -100
    assert ba.compare_models(table(lp, labels, 6), lq, other).n == N - 1


def test_a_tail_that_is_given_counts_before_the_token_that_came() -> None:
    """The server's tail is that of its list; the token that came is taken out of it."""
    lp, lq, labels = logs(16)
    plain = columns(lq, labels, 4)
    tails = [1 - sum(map(math.exp, row)) for row in plain["logprobs"]]
    found, expected = (ba.compare_models(table(lp, labels, 4), pa.table(t)) for t in (plain | {"tail": tails}, plain))
    assert found.kl.value == pytest.approx(expected.kl.value, rel=1e-4)
    assert found.truncation.candidate_tail == pytest.approx(expected.truncation.candidate_tail, rel=1e-4)
    assert found.perplexity == expected.perplexity


def test_tails_that_are_given_as_nothing_make_lists_complete() -> None:
    lp, lq, _ = logs(17)
    keep = np.argsort(-lp, axis=1)[:, :6]
    short = [log_softmax(np.take_along_axis(x, keep, 1), axis=1) for x in (lp, lq)]
    sides = [pa.table({"ids": keep.tolist(), "logprobs": x.tolist(), "tail": [0.0] * N}) for x in short]
    found = ba.compare_models(*sides)
    assert found.truncation.exact_tokens == N
    assert found.truncation.upper == found.kl.value
    assert found.kl.value == pytest.approx(truth(*short)["kl"], rel=1e-9)


def test_equal_texts_of_different_tokens_count_as_unlisted() -> None:
    lp, lq, labels = logs(18)

    def as_text(x: np.ndarray) -> pa.Table:
        given_ = columns(x, labels, 6)
        given_["tokens"] = [["\ufffd" if i < 8 else f"t{i}" for i in row] for row in given_.pop("ids")]
        return pa.table({name: given_[name] for name in ("doc", "pos", "tokens", "logprobs")})

    found = ba.compare_models(as_text(lp), as_text(lq))
    assert 0 < found.kl.value <= truth(lp, lq)["kl"]
    assert found.truncation.base_tail > ba.compare_models(table(lp, labels, 6), lq).truncation.base_tail
