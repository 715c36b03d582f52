"""Predictions and labels in every form: the same numbers come out, or one sentence that says why not."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import bitsapart.scoring.opened as module
from bitsapart.scoring.opened import Request
from bitsapart.scoring.opening import opened
from bitsapart.values.errors import DataError, UsageError

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
ONE = np.array([0.9, 0.2, 0.6])
RIGHT = -np.log([0.7, 0.8, 0.6])
OF_ONE = -np.log([0.9, 0.8, 0.6])
FRAME = pd.DataFrame({"p_a": P[:, 0], "p_b": P[:, 1], "p_c": P[:, 2], "y": list("abc"), "w": [1.0, 2.0, 3.0]})


def losses(predictions, labels=None, **parts):
    """The loss of each row, in nats, block by block."""
    found = []
    for block in opened(predictions, Request(labels, **parts)).blocks():
        if block.truth.labels is not None:
            found.append(-block.predicted.at(block.truth.labels))
        else:
            with np.errstate(invalid="ignore"):
                terms = np.where(block.truth.shares > 0.0, -block.truth.shares * block.predicted.log_q(), 0.0)
            found.append(terms.sum(axis=1))
    return np.concatenate(found)


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def tensor(values):
    return pytest.importorskip("torch").tensor(values)


@pytest.mark.parametrize(
    "form",
    [
        np.asarray,
        np.asfortranarray,
        lambda p: p.tolist(),
        lambda p: p.astype(">f8"),
        lambda p: p.astype(object),
        lambda p: p.repeat(2, axis=0)[::2],
        lambda p: p[:, None, :],
        pd.DataFrame,
        tensor,
    ],
    ids=["array", "fortran", "list", "big-endian", "objects", "strided", "three axes", "frame", "tensor"],
)
def test_predictions_in_any_form(form):
    same(losses(form(P), [0, 1, 2]), RIGHT)


@pytest.mark.parametrize(
    "labels",
    [
        [0, 1, 2],
        np.array([0, 1, 2], np.uint8),
        np.array([0.0, 1.0, 2.0]),
        [[0], [1], [2]],
        ["0", "1", "2"],
        pd.Series([0, 1, 2], index=[7, 8, 9]),
        pd.Series([0, 1, 2], dtype="Int64"),
        pl.Series([0, 1, 2]),
        pa.array([0, 1, 2]),
        np.eye(3),
        np.eye(3, dtype=int).tolist(),
        pd.DataFrame(np.eye(3)),
    ],
)
def test_labels_in_any_form(labels):
    same(losses(P, labels), RIGHT)


def test_labels_are_matched_with_the_classes_and_never_sorted():
    same(losses(P, list("abc"), classes=list("bac")), -np.log([0.2, 0.1, 0.6]))
    same(losses(P, [0, 1, 2], classes=[2, 1, 0]), -np.log([0.1, 0.8, 0.2]))
    same(losses(P, [1, 2, 3], classes=[1, 2, 3]), RIGHT)
    same(losses(P[:, :2] / P[:, :2].sum(axis=1, keepdims=True), [True, False, True]), -np.log([2 / 9, 1 / 9, 0.5]))


def test_one_column_is_the_second_of_two_classes():
    same(losses(ONE, [1, 0, 1]), OF_ONE)
    same(losses(ONE[:, None], np.array([True, False, True])), OF_ONE)
    same(losses(ONE, ["y", "n", "y"], positive="y"), OF_ONE)
    same(losses(ONE, ["y", "n", "y"], classes=["n", "y"]), OF_ONE)
    same(losses(ONE, [1, -1, 1], positive=1), OF_ONE)
    same(losses(np.log(ONE / (1.0 - ONE)), [1, 0, 1], from_logits=True), OF_ONE)


def test_labels_that_are_not_positive_are_all_one_class():
    same(losses(ONE, ["cat", "dog", "cat"], positive="cat"), OF_ONE)
    same(losses(ONE, ["cat", "dog", "cow"], positive="cat"), -np.log([0.9, 0.8, 0.4]))
    same(losses(ONE, ["no", "no", "no"], positive="yes"), -np.log([0.1, 0.8, 0.4]))


def test_small_probabilities_and_large_log_odds_keep_their_digits():
    same(losses(np.array([1e-300, 1e-20]), [1, 0]), [690.7755278982137, 1e-20])
    same(losses(np.array([800.0, -800.0, -np.inf]), [0, 1, 0], from_logits=True), [800.0, 800.0, 0.0])


def test_a_row_stands_for_its_share_of_the_sum():
    rounded = np.array([[0.5001, 0.5], [0.25, 0.75]], np.float32)
    same(losses(rounded, [0, 1]), -np.log(rounded[[0, 1], [0, 1]].astype(float) / rounded.astype(float).sum(axis=1)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_logits_of_any_precision(dtype):
    logits = np.array([[5.0, -2.0, 0.5], [-np.inf, 1.0, 1.0]], dtype)
    wide = logits.astype(float)
    expected = np.log(np.exp(wide).sum(axis=1)) - wide[[0, 1], [1, 2]]
    same(losses(logits, [1, 2], from_logits=True), expected)
    assert losses(logits, [1, 0], from_logits=True)[1] == np.inf


VOTED = -np.array([(3 * np.log(0.7) + np.log(0.2)) / 4, np.log(0.8), np.log(0.6)])


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"votes": [[3, 1, 0], [0, 5, 0], [0, 0, 2]]}, VOTED),
        ({"votes": pd.DataFrame([[3.0, 1.0, 0.0], [0, 5, 0], [0, 0, 2]])}, VOTED),
        ({"labels": np.array([[0.75, 0.25, 0.0], [0, 1, 0], [0, 0, 1]])}, VOTED),
        ({"annotators": [[0, 0, 0, 1], [1, -1, -1, -1], [2, 2, -1, -1]]}, VOTED),
        ({"annotators": np.array([[0, 0, 0, 1], [1, np.nan, np.nan, 1], [2, 2, 2, np.nan]])}, VOTED),
        (
            {"annotators": [["a", "a", "a", "b"], ["b", None, None, None], [None, "c", "c", "c"]], "classes": "abc"},
            VOTED,
        ),
    ],
)
def test_votes_annotators_and_soft_labels_say_the_same(parts, expected):
    if "classes" in parts:
        parts = {**parts, "classes": list(parts["classes"])}
    same(losses(P, **parts), expected)


def test_votes_count_how_many_labels_stand_behind_a_row():
    (block,) = opened(P, Request(annotators=[[0, 0, 1], [1, -1, -1], [2, 2, -1]])).blocks()
    assert block.truth.votes.tolist() == [3.0, 1.0, 2.0]


# tables --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [lambda f: f, pl.from_pandas, pa.Table.from_pandas, lambda f: f.to_dict("list")])
def test_tables_in_memory(form):
    same(losses(form(FRAME), "y", weights="w"), RIGHT)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "arrow", "csv.gz"])
def test_tables_in_files(tmp_path, ending):
    path = tmp_path / f"t.{ending}"
    table = pa.Table.from_pandas(FRAME)
    if ending.startswith("csv"):
        FRAME.to_csv(path, index=False)
    elif ending == "parquet":
        pq.write_table(table, path, row_group_size=2)
    elif ending == "arrow":
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    else:
        FRAME.to_json(path, orient="records", lines=True)
    same(losses(path, "y", weights="w"), RIGHT)
    same(losses(str(path), "y", columns=["p_a", "p_b", "p_c"]), RIGHT)
    same(losses(path, list("abc"), weights="w"), RIGHT)


def test_the_columns_named_are_the_predictions_in_that_order():
    found = opened(FRAME, Request("y", columns=["p_c", "p_b", "p_a"]))
    assert found.classes == ("c", "b", "a")
    same(losses(FRAME, "y", columns=["p_c", "p_b", "p_a"]), RIGHT)


@pytest.mark.parametrize(
    ("columns", "labels", "classes"),
    [
        (["p_a", "p_b"], ["a", "b"], ("a", "b")),
        (["p_cat", "p_car"], ["cat", "car"], ("cat", "car")),
        (["p_10", "p_11"], [10, 11], ("10", "11")),
        (["p0", "p1"], [0, 1], ("0", "1")),
        (["logit 0", "logit 1"], [0.0, 1.0], ("0", "1")),
        (["cat", "car"], ["cat", "car"], ("cat", "car")),
        (["p_a", "p_b"], ["p_a", "p_b"], ("p_a", "p_b")),
        (["model.a_x", "model.a_y"], ["a_x", "a_y"], ("a_x", "a_y")),
        (["is_False", "is_True"], [False, True], ("False", "True")),
    ],
)
def test_a_prefix_is_left_out_where_the_labels_are_the_rest(columns, labels, classes):
    labels = [*labels, labels[0]]
    frame = pd.DataFrame({columns[0]: [0.7, 0.4, 0.5], columns[1]: [0.3, 0.6, 0.5], "y": labels})
    assert opened(frame, Request("y", columns=columns)).classes == classes
    for found in (
        losses(frame, "y", columns=columns),
        losses(frame.drop(columns="y"), labels),
        losses(frame, annotators=["y"], columns=columns),
    ):
        same(found, -np.log([0.7, 0.6, 0.5]))


@pytest.mark.parametrize("labels", [["x", "y"], [0, 1]])
def test_labels_that_no_prefix_explains_are_refused(labels):
    frame = pd.DataFrame({"p_a": [0.7, 0.4], "p_b": [0.3, 0.6], "y": labels})
    with pytest.raises(DataError, match=r"row 0 of column 'y' .* none of the classes 'p_a', 'p_b'"):
        losses(frame, "y")


def test_several_columns_are_soft_labels_votes_or_annotators():
    frame = pd.DataFrame({"a": [0.7, 0.4], "b": [0.3, 0.6], "s": [0.5, 0.0], "t": [0.5, 1.0], "u": [3, 0], "v": [3, 2]})
    expected = -np.array([(np.log(0.7) + np.log(0.3)) / 2, np.log(0.6)])
    same(losses(frame, ["s", "t"]), expected)
    same(losses(frame, votes=["u", "v"], columns=["a", "b"]), expected)
    names = frame.assign(x=["a", "b"], z=["b", None])
    same(losses(names, annotators=["x", "z"], columns=["a", "b"]), expected)


def test_pieces_and_blocks_meet_anywhere(monkeypatch, tmp_path):
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(3), 1000)
    labels = rng.integers(0, 3, 1000)
    table = pa.table({**{str(i): p[:, i] for i in range(3)}, "y": labels, "g": labels % 2})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=77)
    expected = -np.log(p[np.arange(1000), labels])
    for cells in (3, 100, 1 << 16):
        monkeypatch.setattr(module, "CELLS", cells)
        same(losses(tmp_path / "t.parquet", "y", clusters="g"), expected)
        same(losses(table, "y"), expected)
        same(losses(p, labels), expected)


# files of arrays -----------------------------------------------------------------------------------------------------


def test_files_of_arrays_and_their_members(tmp_path):
    np.save(tmp_path / "p.npy", P)
    np.save(tmp_path / "y.npy", [0, 1, 2])
    (tmp_path / "y.txt").write_text("a\nb\nc\n")
    np.save(tmp_path / "text.npy", np.array(["a", "b", "c"]))
    np.save(tmp_path / "truths.npy", np.array([True, False, True]))
    np.save(tmp_path / "soft.npy", np.eye(3))
    np.savez(tmp_path / "all.npz", probs=P, y=[0, 1, 2], w=[1.0, 2.0, 3.0])
    same(losses(tmp_path / "p.npy", tmp_path / "y.npy"), RIGHT)
    same(losses(str(tmp_path / "p.npy"), str(tmp_path / "y.txt"), classes=list("abc")), RIGHT)
    same(losses(P, tmp_path / "text.npy", classes=list("abc")), RIGHT)
    same(losses(P, tmp_path / "soft.npy"), RIGHT)
    same(losses(ONE, tmp_path / "truths.npy", classes=[False, True]), OF_ONE)
    same(losses(f"{tmp_path}/all.npz:probs", "y", weights="w"), RIGHT)
    same(losses(P, f"{tmp_path}/all.npz:y"), RIGHT)
    with pytest.raises(UsageError, match=r"no array 'z'; it has probs"):
        losses(f"{tmp_path}/all.npz:probs", "z")
    with pytest.raises(DataError, match="no such file"):
        losses(P, str(tmp_path / "nothing.npy"))


# refused -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predictions", "parts", "sentence"),
    [
        (P, {"labels": [0, 1, 3]}, r"row 2 of the labels is 3, and the classes are 0 to 2"),
        (P, {"labels": [0, -1, 2]}, r"row 1 of the labels is -1"),
        (P[:, :2] + 0.1, {"labels": [0, 2, 0]}, r"row 1 of the labels is 2|sums to"),
        (np.full((3, 2), 0.5), {"labels": [0, 2, 0]}, r"row 1 of the labels is 2, and the classes are 0 to 1"),
        (P, {"labels": ["a", "b", "c"]}, r"row 0 of the labels is 'a', which is none of the classes .*classes="),
        (P, {"labels": [0.0, 0.5, 1.0]}, r"row 1 of the labels is 0.5"),
        (P, {"labels": [0.0, np.nan, 1.0]}, r"row 1 of the labels is missing"),
        (P, {"labels": pd.Series([0, None, 2], dtype="Int64")}, r"row 1 of the labels is missing"),
        (P, {"labels": [True, False, True]}, r"row 0 of the labels is True"),
        (P, {"labels": np.ma.array([0, 1, 2], mask=[0, 1, 0])}, r"labels have masked values"),
        (P, {"labels": [0, 1]}, r"3 rows and the labels 2"),
        (P, {"labels": 1}, r"one value a row"),
        (P, {"labels": np.array([[3, 1, 0], [0, 1, 0], [0, 0, 1]])}, r"row 0 .* sums to 4.*votes="),
        (P, {"labels": np.ones((3, 2)) / 2}, r"2 columns, and the predictions 3 classes"),
        (P, {"votes": [[1, 0, 0], [0, 0, 0], [0, 0, 1]]}, r"row 1 .* has no vote"),
        (P, {"votes": [[1, 0, 0], [0, 1.5, 0], [0, 0, 1]]}, r"row 1 .* whole numbers"),
        (P, {"votes": [[1, 0, 0], [0, -1, 3], [0, 0, 1]]}, r"row 1 .* whole numbers"),
        (P, {"annotators": [[0, -1], [-1, -1], [1, 2]]}, r"row 1 .* has no vote"),
        (P, {"annotators": [[0, -2], [1, 1], [1, 2]]}, r"is -2"),
        (P, {"labels": [0, 1, 2], "weights": [1, -1, 1]}, r"weight of row 1 is -1"),
        (P, {"labels": [0, 1, 2], "weights": [1, np.nan, 1]}, r"weight of row 1 is nan"),
        (P, {"labels": [0, 1, 2], "weights": [1, 1e200, 1]}, r"weight of row 1 is 1e\+200"),
        (P, {"labels": [0, 1, 2], "weights": [1, 1]}, r"3 rows and the weights 2"),
        (P, {"labels": [0, 1, 2], "weights": np.ones((3, 2))}, r"weights have 2 columns"),
        (P, {"labels": [0, 1, 2], "clusters": [["a", "b"]] * 3}, r"clusters have 2 columns"),
        (P, {"labels": [0, 1, 2], "clusters": ["a", None, "b"]}, r"cluster of row 1 is missing"),
        (P, {"labels": [0, 1, 2], "clusters": [1.0, 1.0, np.nan]}, r"cluster of row 2 is missing"),
        (ONE, {"labels": [1, 2, 1]}, r"row 1 of the labels is 2"),
        (ONE, {"labels": ["y", "n", "y"], "positive": "Y"}, r"no label is 'Y'.*'n', 'y'"),
        (ONE, {"labels": ["y", None, "y"], "positive": "y"}, r"row 1 of the labels is missing"),
        (np.array([0.1, 1.5, 0.2]), {"labels": [0, 1, 0]}, r"row 1 .* is 1.5.*from_logits=True"),
        (np.array([1, 0, 1]), {"labels": [0, 1, 0]}, r"predicted classes"),
        (P.astype(str), {"labels": [0, 1, 2]}, r"text"),
        (None, {"labels": [0]}, r"is None"),
        (
            FRAME.assign(p_b=[0.2, None, 0.2]),
            {"labels": "y", "weights": "w"},
            r"NaN in column 1; .* 'p_a', 'p_b', 'p_c'",
        ),
        (FRAME.assign(y=["a", None, "c"]), {"labels": "y", "weights": "w"}, r"row 1 of column 'y' .* is missing"),
        (FRAME.assign(w=list("xyz")), {"labels": "y", "weights": "w"}, r"column 'w' .* is string"),
        (FRAME, {"labels": "y"}, r"row 0 .* sums to 2.*columns 'p_a', 'p_b', 'p_c', 'w', all .*--prediction"),
        (FRAME, {"labels": "y", "columns": ["p_a", "p_b", "w"]}, r"what they mean$"),
    ],
)
def test_data_that_do_not_fit_are_refused_in_one_sentence(predictions, parts, sentence):
    with pytest.raises(DataError, match=sentence) as caught:
        losses(predictions, **parts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("predictions", "parts", "sentence"),
    [
        (P, {}, r"no labels are given"),
        (P, {"votes": np.ones((3, 3)), "annotators": [[0], [1], [2]]}, r"both votes and annotators"),
        (P, {"labels": [0, 1, 2], "classes": ["a", "b"]}, r"2 classes are named, and the predictions are of 3"),
        (P, {"labels": [0, 1, 2], "classes": ["a", "b", "a"]}, r"two classes are named 'a'"),
        (P, {"labels": [0, 1, 2], "classes": "abc"}, r"list of names"),
        (P, {"labels": [0, 1, 2], "positive": 1}, r"positive="),
        (P, {"labels": [0, 1, 2], "columns": ["a"]}, r"columns of a table"),
        (FRAME, {"labels": "nope"}, r"column 'nope', wanted for the labels, is not there"),
        (FRAME[["y"]], {"labels": "y"}, r"no column of floating-point numbers"),
    ],
)
def test_questions_that_do_not_fit_are_refused_in_one_sentence(predictions, parts, sentence):
    with pytest.raises(UsageError, match=sentence):
        losses(predictions, **parts)
