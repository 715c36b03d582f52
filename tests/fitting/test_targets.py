"""What can be fitted to, and the sentence where it cannot."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.stats
import torch

import bitsapart as ba

X = np.random.default_rng(0).normal(3.0, 2.0, 400)
MEAN, SD = float(X.mean()), float(X.std())


@pytest.mark.parametrize(
    "target",
    [X, X.tolist(), pd.Series(X), pl.Series(X), pa.array(X), pa.chunked_array([X[:100], X[100:]]), torch.tensor(X)],
    ids=["array", "list", "pandas", "polars", "arrow", "chunks", "torch"],
)
def test_every_kind_of_column_is_the_same(target):
    found = ba.fit(target, "normal")
    assert found.distribution.mean == pytest.approx(MEAN, rel=1e-14)
    assert found.distribution.sd == pytest.approx(SD, rel=1e-13)
    assert (found.n, found.direction, found.dimension, found.family) == (400, "forward", 1, "Normal")


def test_whole_numbers_and_short_floats_become_float64():
    values = np.arange(50, dtype=np.int16) % 7
    exact = ba.fit(values.astype(float), "normal").distribution
    assert ba.fit(values, "normal").distribution == exact
    assert ba.fit(values.astype(np.float32), "normal").distribution == exact


@pytest.mark.parametrize("written", ["csv", "parquet"])
def test_a_column_of_a_file(tmp_path, written):
    path = tmp_path / f"table.{written}"
    frame = pl.DataFrame({"text": ["a"] * 400, "delay": X, "weight": np.arange(400.0)})
    frame.write_csv(path) if written == "csv" else frame.write_parquet(path)
    found = ba.fit(path, "normal", column="delay")
    assert found.distribution.mean == pytest.approx(MEAN, rel=1e-14)
    assert found.target == "400 rows of delay"
    weighted = ba.fit(str(path), "normal", column="delay", weights="weight").distribution
    assert weighted.mean == pytest.approx(np.average(X, weights=np.arange(400)), rel=1e-13)


def test_missing_values_of_a_table_are_left_out_and_counted():
    column = [None, *X[1:-1].tolist(), None]
    found = ba.fit(pa.table({"x": column}), "normal", column="x")
    assert found.n == 398
    assert found.distribution.mean == pytest.approx(X[1:-1].mean(), rel=1e-14)
    assert "2 rows with missing values are left out" in found.notes


def test_rows_of_several_columns_with_missing_values_in_any():
    y = np.random.default_rng(1).normal(size=400)
    table = pa.table({"x": [None, *X[1:].tolist()], "y": [*y[:-1].tolist(), None]})
    found = ba.fit(table, "multivariate-normal", column=["x", "y"])
    assert found.n == 398
    np.testing.assert_allclose(found.distribution.mean, [X[1:-1].mean(), y[1:-1].mean()], rtol=1e-12)


def test_a_frame_of_one_column_needs_no_name():
    assert ba.fit(pl.DataFrame({"x": X}), "normal").distribution.mean == pytest.approx(MEAN, rel=1e-14)


def test_counts_are_rows_that_are_counted():
    counts = {0: 5, 1: 12, 2: 9, 5: 1, 7: 0}
    rows = np.repeat(list(counts), list(counts.values()))
    one, other = ba.fit(counts, "poisson"), ba.fit(rows, "poisson")
    assert one.distribution == other.distribution
    assert one.n == other.n == 27
    for name in ("entropy", "misfit", "parameter_error"):
        assert getattr(one, name).value == pytest.approx(getattr(other, name).value, abs=1e-12)
        assert getattr(one, name).high == pytest.approx(getattr(other, name).high, abs=1e-9)


def test_equal_weights_are_no_weights():
    plain, weighted = ba.fit(X, "normal"), ba.fit(X, "normal", weights=np.full(400, 0.25))
    assert weighted.distribution.mean == pytest.approx(MEAN, rel=1e-14)
    for name in ("entropy", "misfit", "parameter_error"):
        assert getattr(weighted, name).value == pytest.approx(getattr(plain, name).value, abs=1e-9)
    assert weighted.parameters[0].value.low == pytest.approx(plain.parameters[0].value.low, rel=1e-6)


def test_rows_of_weight_0_are_not_there():
    weights = np.where(np.arange(400) < 300, 1.0, 0.0)
    assert ba.fit(X, "normal", weights=weights).distribution.mean == pytest.approx(X[:300].mean(), rel=1e-13)


def test_distributions_of_other_libraries():
    ours = ba.fit(ba.Gamma(2.0, 1.0), "normal")
    for other in (scipy.stats.gamma(2.0), torch.distributions.Gamma(2.0, 1.0)):
        assert ba.fit(other, "normal").distribution == ours.distribution


@pytest.mark.parametrize(
    ("target", "family", "options", "words"),
    [
        ([1.0, np.nan, 2.0], "normal", {}, "nan in row 1"),
        ([1.0, 2.0, -np.inf], "normal", {}, "-inf in row 2"),
        ([1.0, -2.0, 3.0], "gamma", {}, "-2 in row 1.*from 0 to inf"),
        ([1.0, 0.0, 3.0], "gamma", {}, "0 in row 1, an end of its support"),
        ([0.1, 0.5, 1.5], "beta", {}, "1.5 in row 2.*from 0 to 1"),
        ([1.0, 2.5], "poisson", {}, "2.5 in row 1.*whole numbers"),
        ([], "normal", {}, "no rows"),
        (3.0, "normal", {}, "single number"),
        ([1.0], "normal", {}, "2 free parameters, and the target 1 row:"),
        ([[1.0, 2.0]] * 9, "normal", {}, "family of numbers"),
        (X, "multivariate-normal", {}, "family of vectors"),
        (["a", "b"], "normal", {}, "should be numbers"),
        ([1.0 + 2.0j], "normal", {}, "should be numbers"),
        ([[1.0], [1.0, 2.0]], "normal", {}, "rows of one length"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), "normal", {}, "masked"),
        (X, "normal", {"weights": np.full(400, -1.0)}, "-1 in row 0"),
        (X, "normal", {"weights": np.ones(3)}, r"each of the 400 rows; got shape \(3,\)"),
        (X, "normal", {"weights": np.zeros(400)}, "all weights are 0"),
        (X, "normal", {"weights": np.full(400, np.nan)}, "nan in row 0"),
        ({0: -1, 1: 2}, "poisson", {}, "counts should be"),
        ({0: 1.5, 1: 2}, "poisson", {}, "whole numbers"),
        ({0: 0, 1: 0}, "poisson", {}, "all counts are 0"),
        (X, "norml", {}, "did you mean.*Normal"),
        (X, "qqqq", {}, "there are: Bernoulli"),
        (X, 3, {}, "or its name"),
        (X, [], {}, "at least one family"),
        (np.arange(5), "binomial", {}, r"with n free: hold it, as in fixed=\{'n'"),
        (np.arange(9), "binomial", {"fixed": {"n": 5}}, "6 in row 6.*from 0 to 5"),
        (X, "normal", {"fixed": {"df": 3}}, "no parameter 'df'"),
        (X, "normal", {"direction": "sideways"}, "forward, reverse, both"),
        (np.arange(9), "poisson", {"direction": "reverse"}, "whole numbers is infinite"),
        (X, "normal", {"gradient": len}, "gradient has no meaning"),
        (X, "normal", {"level": 95}, "between 0 and 1"),
        (X, ["normal", "cauchy"], {"folds": 1}, "2 or more"),
        (X, "normal", {"seed": -1}, "seed should be"),
    ],
)
def test_bad_input_gets_one_clear_sentence(target, family, options, words):
    with pytest.raises(ba.UsageError, match=words) as caught:
        ba.fit(target, family, **options)
    assert "\n" not in str(caught.value)


def test_tables_that_do_not_have_the_column(tmp_path):
    path = tmp_path / "table.csv"
    pl.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]}).write_csv(path)
    with pytest.raises(ba.UsageError, match="'c' is not there"):
        ba.fit(path, "normal", column="c")
    with pytest.raises(ba.DataError, match="numbers"):
        ba.fit(path, "normal", column="a")
    with pytest.raises(ba.UsageError, match=r"2 columns: column=.*a, b"):
        ba.fit(path, "normal")
    with pytest.raises(ba.DataError, match="no such file"):
        ba.fit(tmp_path / "none.csv", "normal", column="a")
    with pytest.raises(ba.DataError, match="missing value"):
        ba.fit(pa.table({"x": pa.array([None, None], pa.float64())}), "normal", column="x")


def test_a_batch_and_data_options_for_a_distribution():
    with pytest.raises(ba.UsageError, match=r"batch of distributions of shape \(2,\)"):
        ba.fit(ba.Normal([0.0, 1.0], 1.0), "normal")
    with pytest.raises(ba.UsageError, match="weights has no meaning"):
        ba.fit(ba.Normal(0.0, 1.0), "normal", weights=[1.0])


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("student", "StudentT"),
        ("Student-t", "StudentT"),
        ("t", "StudentT"),
        ("log_normal", "LogNormal"),
        ("lognormal", "LogNormal"),
        ("Gaussian", "Normal"),
        ("NORMAL", "Normal"),
        ("negative binomial", "NegativeBinomial"),
        ("inverse-gamma", "InverseGamma"),
    ],
)
def test_families_by_any_usual_name(name, family):
    from bitsapart.fitting.family_names import family_of

    assert family_of(name) is getattr(ba, family)
    assert family_of(getattr(ba, family)) is getattr(ba, family)


def test_draws_of_a_sampler_are_rows():
    def variable(values):
        return SimpleNamespace(dims=("chain", "draw", *["which"] * (values.ndim - 2)), values=values)

    rng = np.random.default_rng(0)
    mu, tau = rng.normal(1.0, 0.5, (2, 400)), rng.normal(size=(2, 400, 2))
    both = SimpleNamespace(posterior=SimpleNamespace(data_vars={"mu": variable(mu), "tau": variable(tau)}))
    found = ba.fit(both, ba.MultivariateNormal)
    assert found.target == "800 draws of mu, tau[0], tau[1]"
    assert found.distribution.mean[0] == pytest.approx(mu.mean())
    assert "depend on each other" in found.notes[0]
    one = ba.fit(SimpleNamespace(posterior=SimpleNamespace(data_vars={"mu": variable(mu)})), "normal")
    assert one.distribution.sd == pytest.approx(mu.std())
