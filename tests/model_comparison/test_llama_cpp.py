"""Base files of llama.cpp: its own table, computed by its own loop in float32, next to ours."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from llama_base_file import encoded, write_base_file

import bitsapart as ba
from bitsapart.model_comparison.percentiles import at

LN2 = math.log(2.0)
CONTEXT, CHUNKS = 128, 6
SCORED = CONTEXT - 1 - CONTEXT // 2
F = np.float32


@dataclass
class Table:
    """What llama-perplexity --kl-divergence gathers, as its ``kl_divergence_result``; nats."""

    kld: list[np.float32] = field(default_factory=list)
    change: list[np.float32] = field(default_factory=list)
    nll: list[float] = field(default_factory=list)
    nll_base: list[float] = field(default_factory=list)
    same: int = 0

    def add(self, stored: np.ndarray, logits: np.ndarray, token: int) -> None:
        """One row, by ``log_softmax(n_vocab, logits, base_log_prob, tok, kld)`` of perplexity.cpp."""
        largest = logits.max()
        log_sum = F(math.log(np.exp(logits - largest).sum(dtype=np.float64)))
        scale, minimum = stored[:4].copy().view(F)
        p_log = scale * stored[4 : 4 + len(logits)].astype(F) + minimum
        nll, nll_base = largest + log_sum - logits[token], -p_log[token]
        kept = p_log > F(-16)
        terms = np.exp(p_log[kept]) * (p_log[kept] - logits[kept] + (largest + log_sum))
        self.kld.append(F(terms.sum(dtype=np.float64)))
        self.change.append(np.exp(-nll) - np.exp(-nll_base))
        self.nll.append(float(nll))
        self.nll_base.append(float(nll_base))
        self.same += int(logits.argmax() == p_log.argmax())

    def percentile(self, values: list[np.float32], fraction: float) -> np.float32:
        """Its lambda of the same name."""
        ordered = np.sort(values)
        p = F(fraction) * F(len(ordered) - 1)
        ip = int(p)
        return (F(1) - (p - F(ip))) * ordered[ip] + (p - F(ip)) * ordered[min(ip + 1, len(ordered) - 1)]


@pytest.fixture(scope="module", params=[(3000, 2.0, 0.1), (501, 1.0, 0.05), (3000, 4.0, 0.2)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Two base files of one text, and llama.cpp's table of the first and the second model's logits.

    In the last case half of all tokens lie 16 nats and more below the largest, and are not stored.
    """
    outcomes, spread, noise = request.param
    rng = np.random.default_rng(8)
    base = (spread * rng.standard_normal((CHUNKS, SCORED, outcomes))).astype(F)
    candidate = base + (noise * rng.standard_normal(base.shape)).astype(F)
    tokens = rng.integers(0, outcomes, (CHUNKS, CONTEXT))
    drawn = (base + rng.gumbel(size=base.shape)).argmax(2)
    tokens[:, CONTEXT // 2 + 1 :] = drawn
    folder = tmp_path_factory.mktemp("llama")
    paths = [write_base_file(folder / f"{i}.bin", tokens, x) for i, x in enumerate((base, candidate))]
    table = Table()
    for chunk in range(CHUNKS):
        stored = encoded(base[chunk])
        for row in range(SCORED):
            table.add(stored[row], candidate[chunk, row], int(drawn[chunk, row]))
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
