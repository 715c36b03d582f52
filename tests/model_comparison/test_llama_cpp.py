"""Base files of llama.cpp: its own table, computed by its own loop in float32, next to ours."""
# ruff: noqa: UP031  (the formats are printf's)

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from llama_base_file import encoded, write_base_file

import bitsapart as ba
from bitsapart.model_comparison.percentiles import at
from bitsapart.report.models.llama_cpp import printed

LN2 = math.log(2.0)
CONTEXT, CHUNKS = 128, 6
SCORED = CONTEXT - 1 - CONTEXT // 2
F = np.float32


def expf(x: np.ndarray) -> np.ndarray:
    """The C library's, which rounds a double's: NumPy's for float32 is off in the last bit of many numbers."""
    return np.exp(np.asarray(x, np.float64)).astype(F)


@dataclass
class Table:
    """What llama-perplexity --kl-divergence gathers, as its ``kl_divergence_result``; nats."""

    sums: list[np.float64] = field(default_factory=list)
    kld: list[np.float32] = field(default_factory=list)
    change: list[np.float32] = field(default_factory=list)
    nll: list[np.float32] = field(default_factory=list)
    nll_base: list[np.float32] = field(default_factory=list)
    same: int = 0

    def add(self, stored: np.ndarray, logits: np.ndarray, token: int) -> None:
        """One row, by ``log_softmax(n_vocab, logits, base_log_prob, tok, kld)`` of perplexity.cpp."""
        largest = logits.max()
        log_sum = F(math.log(expf(logits - largest).sum(dtype=np.float64)))
        self.add_normalised(self.decoded(stored, len(logits)), logits, largest + log_sum, token)

    @staticmethod
    def decoded(stored: np.ndarray, outcomes: int) -> np.ndarray:
        """The log-probabilities of a row of a base file."""
        scale, minimum = stored[:4].copy().view(F)
        return scale * stored[4 : 4 + outcomes].astype(F) + minimum

    def add_normalised(self, p_log: np.ndarray, logits: np.ndarray, norm: np.float32, token: int) -> None:
        """The same, when the logarithm of the sum of the exponentials is known."""
        nll, nll_base = norm - logits[token], -p_log[token]
        kept = p_log > F(-16)
        terms = expf(p_log[kept]) * (p_log[kept] - logits[kept] + norm)
        self.sums.append(terms.sum(dtype=np.float64))
        self.kld.append(F(self.sums[-1]))
        self.change.append(expf(-nll) - expf(-nll_base))
        self.nll.append(nll)
        self.nll_base.append(nll_base)
        self.same += int(logits.argmax() == p_log.argmax())

    def percentile(self, values: list[np.float32], fraction: float) -> np.float32:
        """Its lambda of the same name."""
        ordered = np.sort(values)
        p = F(fraction) * F(len(ordered) - 1)
        ip = int(p)
        return (F(1) - (p - F(ip))) * ordered[ip] + (p - F(ip)) * ordered[min(ip + 1, len(ordered) - 1)]

    @staticmethod
    def median(values: list[np.float32]) -> np.float32:
        ordered, half = np.sort(values), len(values) // 2
        return ordered[half] if len(values) % 2 else F(0.5) * (ordered[half] + ordered[half - 1])

    @staticmethod
    def mean(values: list[np.floating], squares: list[np.floating] | None = None) -> tuple[float, float]:
        """Its ``mean_and_uncertainty`` of a sum and a sum of squares, which are of the type of the values."""
        n = len(values)
        value = sum(map(float, values)) / n
        spread = sum(float(x * x) for x in values) / n if squares is None else sum(map(float, squares)) / n
        spread -= value * value
        return value, math.sqrt(spread / (n - 1)) if spread > 0 and n > 10 else 0.0

    def lines(self) -> list[str]:
        """All that is printed by ``kl_divergence`` when the last chunk is done."""
        n = len(self.nll)
        (log_q, error_q), (log_p, error_p) = self.mean(self.nll), self.mean(self.nll_base)
        both = sum(float(a * b) for a, b in zip(self.nll, self.nll_base, strict=True)) / n
        covariance = (both - log_q * log_p) / (n - 1) if n >= 10 else 0.0
        q, p, ratio = math.exp(log_q), math.exp(log_p), log_q - log_p
        error = math.sqrt(error_q**2 + error_p**2 - 2 * covariance)
        difference = math.sqrt((q * error_q) ** 2 + (p * error_p) ** 2 - 2 * q * p * covariance)
        squares = [x * x for x in self.change]
        square, square_error = self.mean(squares, [float(x) ** 2 for x in squares])
        same = self.same / n
        mean, change, root = self.mean(self.sums), self.mean(self.change), math.sqrt(square)
        return [
            "====== Perplexity statistics ======",
            "Mean PPL(Q)                   : %10.6f ± %10.6f" % (q, q * error_q),
            "Mean PPL(base)                : %10.6f ± %10.6f" % (p, p * error_p),
            "Cor(ln(PPL(Q)), ln(PPL(base))): %6.2f%%" % (100.0 * covariance / (error_q * error_p)),
            "Mean ln(PPL(Q)/PPL(base))     : %10.6f ± %10.6f" % (ratio, error),
            "Mean PPL(Q)/PPL(base)         : %10.6f ± %10.6f" % (math.exp(ratio), math.exp(ratio) * error),
            "Mean PPL(Q)-PPL(base)         : %10.6f ± %10.6f" % (q - p, difference),
            "",
            "====== KL divergence statistics ======",
            "Mean    KLD: %10.6f ± %10.6f" % mean,
            "Maximum KLD: %10.6f" % max(self.kld),
            "99.9%%   KLD: %10.6f" % self.percentile(self.kld, 0.999),
            "99.0%%   KLD: %10.6f" % self.percentile(self.kld, 0.99),
            "95.0%%   KLD: %10.6f" % self.percentile(self.kld, 0.95),
            "90.0%%   KLD: %10.6f" % self.percentile(self.kld, 0.9),
            "Median  KLD: %10.6f" % self.median(self.kld),
            "10.0%%   KLD: %10.6f" % self.percentile(self.kld, 0.1),
            " 5.0%%   KLD: %10.6f" % self.percentile(self.kld, 0.05),
            " 1.0%%   KLD: %10.6f" % self.percentile(self.kld, 0.01),
            " 0.1%%   KLD: %10.6f" % self.percentile(self.kld, 0.001),
            "Minimum KLD: %10.6f" % min(self.kld),
            "",
            "====== Token probability statistics ======",
            "Mean    Δp: %6.3f ± %5.3f %%" % (100.0 * change[0], 100.0 * change[1]),
            "Maximum Δp: %6.3f%%" % (100.0 * float(max(self.change))),
            "99.9%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.999))),
            "99.0%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.99))),
            "95.0%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.95))),
            "90.0%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.9))),
            "75.0%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.75))),
            "Median  Δp: %6.3f%%" % (100.0 * float(self.median(self.change))),
            "25.0%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.25))),
            "10.0%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.1))),
            " 5.0%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.05))),
            " 1.0%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.01))),
            " 0.1%%   Δp: %6.3f%%" % (100.0 * float(self.percentile(self.change, 0.001))),
            "Minimum Δp: %6.3f%%" % (100.0 * float(min(self.change))),
            "RMS Δp    : %6.3f ± %5.3f %%" % (100.0 * root, 100.0 * (0.5 / root * square_error)),
            "Same top p: %6.3f ± %5.3f %%" % (100.0 * same, 100.0 * math.sqrt(same * (1.0 - same) / (n - 1))),
        ]


def models(
    outcomes: int, context: int, chunks: int, spread: float, noise: float, seed: int = 8
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tokens drawn by a base, its logits, and those of a model near it."""
    rng = np.random.default_rng(seed)
    base = (spread * rng.standard_normal((chunks, context - 1 - context // 2, outcomes))).astype(F)
    candidate = base + (noise * rng.standard_normal(base.shape)).astype(F)
    tokens = rng.integers(0, outcomes, (chunks, context))
    tokens[:, context // 2 + 1 :] = (base + rng.gumbel(size=base.shape)).argmax(2)
    return tokens, base, candidate


def table_of(tokens: np.ndarray, base: np.ndarray, candidate: np.ndarray) -> Table:
    """What llama.cpp gathers of a candidate's logits."""
    table, outcomes = Table(), base.shape[2]
    drawn = tokens[:, tokens.shape[1] // 2 + 1 :].reshape(-1).tolist()
    for stored, logits, token in zip(
        encoded(base.reshape(-1, outcomes)), candidate.reshape(-1, outcomes), drawn, strict=True
    ):
        table.add(stored, logits, token)
    return table


@pytest.fixture(scope="module", params=[(3000, 2.0, 0.1), (501, 1.0, 0.05), (3000, 4.0, 0.2)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Two base files of one text, and llama.cpp's table of the first and the second model's logits.

    In the last case half of all tokens lie 16 nats and more below the largest, and are not stored.
    """
    outcomes, spread, noise = request.param
    tokens, base, candidate = models(outcomes, CONTEXT, CHUNKS, spread, noise)
    folder = tmp_path_factory.mktemp("llama")
    paths = [write_base_file(folder / f"{i}.bin", tokens, x) for i, x in enumerate((base, candidate))]
    table = table_of(tokens, base, candidate)
    return {"paths": paths, "table": table, "base": base, "candidate": candidate, "tokens": tokens}


def test_its_table_is_ours_from_two_files(world: dict[str, object]) -> None:
    """Perplexities and same top to all printed digits; its KLD is not normalised, which shows at 2e-5 nats."""
    table, n = world["table"], CHUNKS * SCORED
    found = ba.compare_models(*world["paths"])
    assert found.n == n
    assert found.kl.value * LN2 == pytest.approx(np.mean(table.kld), abs=1e-5, rel=2e-3)
    assert f"{100 * found.top1_agreement.value:6.3f}" == f"{100 * table.same / n:6.3f}"
    assert found.perplexity.candidate.value == pytest.approx(math.exp(np.mean(table.nll)), rel=2e-5)
    assert found.perplexity.base.value == pytest.approx(math.exp(np.mean(table.nll_base)), rel=1e-6)
    assert found.perplexity.correlation == pytest.approx(np.corrcoef(table.nll, table.nll_base)[0, 1], abs=2e-6)
    for percent in (99.9, 99.0, 95.0, 90.0, 50.0, 10.0, 5.0, 1.0, 0.1, 0.0, 100.0):
        theirs = table.percentile(table.kld, percent / 100)
        assert found.percentiles["kl"][percent] * LN2 == pytest.approx(theirs, abs=5e-5, rel=3e-3), percent
        theirs = table.percentile(table.change, percent / 100)
        assert found.percentiles["probability_change"][percent] == pytest.approx(theirs, abs=2e-5), percent


SHAPES = [(501, 65, 6), (1000, 32, 9), (3000, 128, 4), (7, 64, 5), (4097, 33, 8)]


@pytest.mark.parametrize(("outcomes", "context", "chunks"), SHAPES)
@pytest.mark.parametrize(("spread", "noise"), [(0.3, 0.02), (2.0, 0.1), (6.0, 0.5)])
def test_its_table_is_printed_character_by_character(
    outcomes: int, context: int, chunks: int, spread: float, noise: float, tmp_path: Path
) -> None:
    """Flat and peaked, V odd and even; of logits, and of two base files, whose candidate is normalised already."""
    tokens, base, candidate = models(outcomes, context, chunks, spread, noise)
    first, second = (write_base_file(tmp_path / f"{i}.bin", tokens, x) for i, x in enumerate((base, candidate)))
    found = ba.compare_models(first, candidate).llama_cpp
    assert list(printed(found)) == table_of(tokens, base, candidate).lines()
    table = Table()
    drawn = tokens[:, context // 2 + 1 :].reshape(-1).tolist()
    for p, q, token in zip(*(encoded(x.reshape(-1, outcomes)) for x in (base, candidate)), drawn, strict=True):
        table.add_normalised(table.decoded(p, outcomes), table.decoded(q, outcomes), F(0), token)
    assert list(printed(ba.compare_models(first, second).llama_cpp)) == table.lines()


def test_blocks_do_not_matter_nor_types_nor_padding_of_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, base, candidate = models(700, 33, 5, 2.0, 0.1)
    candidate = candidate.astype(np.float16)
    first = write_base_file(tmp_path / "base.bin", tokens, base)
    theirs = table_of(tokens, base, candidate.astype(F)).lines()
    monkeypatch.setattr("bitsapart.model_comparison.blocks.BLOCK", 20_000)
    labels = tokens[:, 17:].copy()
    labels[:, -3:] = -1
    for logits, given in ((candidate, None), (candidate.astype(float), None), (candidate, labels)):
        found = ba.compare_models(first, logits, given)
        assert found.n == (5 * 16 if given is None else 5 * 13)
        assert list(printed(found.llama_cpp)) == theirs


def test_where_there_is_no_such_table(tmp_path: Path) -> None:
    tokens, base, candidate = models(700, 33, 2, 2.0, 0.1)
    first = write_base_file(tmp_path / "base.bin", np.minimum(tokens, 599), base)
    assert ba.compare_models(base, candidate).llama_cpp is None
    assert ba.compare_models(base, first).llama_cpp is None
    assert ba.compare_models(first, candidate).llama_cpp is not None
    assert ba.compare_models(first, candidate, vocabulary=600).llama_cpp is None
    candidate[1, 3, 5] = np.nan
    found = ba.compare_models(first, candidate)
    assert (found.nonfinite_tokens, found.llama_cpp) == (1, None)


def test_what_the_candidate_excludes_is_infinite(tmp_path: Path) -> None:
    """Not where the base's log-probability is below -16, which llama.cpp leaves out."""
    tokens, base, candidate = models(50, 33, 2, 1.0, 0.1)
    base[..., 7] = -30.0
    tokens[tokens == 7] = 8
    first = write_base_file(tmp_path / "base.bin", tokens, base)
    candidate[..., 7] = -np.inf
    assert 0 < ba.compare_models(first, candidate).llama_cpp.kld.value < 0.1
    candidate[0, 0, 9] = -np.inf
    tokens[0, 17] = 9
    first = write_base_file(tmp_path / "base.bin", tokens, base)
    table = ba.compare_models(first, candidate).llama_cpp
    assert (table.kld.value, table.kld.error, table.kld_percentiles[100.0]) == (math.inf, 0.0, math.inf)
    assert table.kld_percentiles[90.0] < 0.1
    assert table.perplexity.value == math.inf
    assert "Maximum KLD:        inf" in list(printed(table))


def test_the_same_model_and_single_tokens(tmp_path: Path) -> None:
    tokens, base, _ = models(50, 3, 1, 1.0, 0.1)
    first = write_base_file(tmp_path / "base.bin", tokens, base)
    table = ba.compare_models(first, first).llama_cpp
    assert (table.tokens, table.kld.value, table.change.value, table.same_top.value) == (1, 0.0, 0.0, 1.0)
    assert (table.ratio.value, table.difference.value, table.kld.error) == (1.0, 0.0, 0.0)
    assert all(math.isnan(x) for x in (table.correlation, table.rms_change.error, table.same_top.error))


def test_its_percentiles_of_its_own_values_are_ours_to_the_printed_digits(world: dict[str, object]) -> None:
    table = world["table"]
    for values in (table.kld, table.change):
        for fraction in (0.999, 0.99, 0.95, 0.9, 0.5, 0.1, 0.05, 0.01, 0.001):
            ours = at(np.sort(np.array(values, np.float64)), fraction)
            assert ours == pytest.approx(table.percentile(values, fraction), abs=2e-6)


def test_a_file_against_the_logits_themselves(world: dict[str, object]) -> None:
    """What is not stored cancels, on whichever side it is."""
    exact = ba.compare_models(world["base"], world["candidate"]).kl.value
    first, second = world["paths"]
    for base, candidate in ((first, world["candidate"]), (world["base"], second), (first, second)):
        found = ba.compare_models(base, candidate)
        assert found.kl.value == pytest.approx(exact, rel=5e-3, abs=1e-5)
        assert found.perplexity is not None
        assert any("16 nats below" in note for note in found.notes) == (type(base) is not type(candidate))


def test_the_file_brings_documents_and_tokens(world: dict[str, object]) -> None:
    first, second = world["paths"]
    found = ba.compare_models(first, second)
    assert (found.base.format, found.base.dtype, found.base.documents) == ("llama.cpp", "llama.cpp uint16", CHUNKS)
    assert "The token ids of both files are the same." in found.checks
    assert found.kl.method.startswith("mean of clusters")
    assert found.noise.storage_dtype == "llama.cpp uint16"
    assert 0 < found.noise.storage < 1e-7
    assert found.worst[0].label.startswith("#")
    labels = world["tokens"][:, CONTEXT // 2 + 1 :]
    assert ba.compare_models(first, second, labels).perplexity == found.perplexity
    with pytest.raises(ba.DataError, match=r"labels and .*0.bin are not of the same text: row 0"):
        ba.compare_models(first, second, (labels + 1) % 500)


def test_files_of_other_texts_are_refused(world: dict[str, object], tmp_path: Path) -> None:
    tokens = world["tokens"].copy()
    tokens[1, CONTEXT // 2 + 4] += 1 if tokens[1, CONTEXT // 2 + 4] == 0 else -1
    other = write_base_file(tmp_path / "other.bin", tokens, world["candidate"])
    with pytest.raises(ba.DataError, match=f"not of the same text: row {SCORED + 3} predicts token"):
        ba.compare_models(world["paths"][0], other)
    tokens = world["tokens"].copy()
    tokens[0, 0] = (tokens[0, 0] + 1) % 500
    other = write_base_file(tmp_path / "other.bin", tokens, world["candidate"])
    with pytest.raises(ba.DataError, match="in other contexts"):
        ba.compare_models(world["paths"][0], other)


def test_rounding_to_its_codes_is_what_its_writer_does() -> None:
    rng = np.random.default_rng(1)
    from bitsapart.model_comparison.noise import rounded

    rows = np.log(np.exp(x := 4 * rng.standard_normal((20, 700))) / np.exp(x).sum(1, keepdims=True))
    stored = encoded(rows)
    head = stored[:, :4].copy().view("<f4").astype(float)
    apart = np.abs(rounded(rows, "llama.cpp uint16", None) - (head[:, :1] * stored[:, 4:704] + head[:, 1:]))
    assert (apart < 2e-5).mean() > 0.99  # float32 breaks some ties the other way
    assert apart.max() < 1.01 * head[:, 0].max()
