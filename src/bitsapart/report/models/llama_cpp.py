"""The table of llama.cpp's perplexity tool, character by character: its names, its digits, its order."""

from collections.abc import Iterator

from bitsapart.model_comparison.result import LlamaCppTable, ModelComparison, WithError

TITLE = "As llama.cpp prints it"
FEWEST = 100
"""Tokens from which on it prints the table."""


def about(comparison: ModelComparison) -> str:
    """What a reader has to know of the table."""
    said = (
        "By the definitions of llama-perplexity --kl-divergence: in nats, log-probabilities as the base file has "
        "them and not normalised, errors as if tokens were independent."
    )
    if comparison.candidate.format == comparison.base.format:
        said += " The candidate was read from such a file too, where llama.cpp has its logits."
    if comparison.llama_cpp and comparison.llama_cpp.tokens < FEWEST:
        said += f" llama.cpp itself prints no table of fewer than {FEWEST} tokens."
    return said


def printed(table: LlamaCppTable) -> Iterator[str]:
    """The lines that ``llama-perplexity --kl-divergence`` ends with; nats, and probabilities in %."""
    yield "====== Perplexity statistics ======"
    yield f"Mean PPL(Q)                   : {_six(table.perplexity)}"
    yield f"Mean PPL(base)                : {_six(table.base_perplexity)}"
    yield f"Cor(ln(PPL(Q)), ln(PPL(base))): {100 * table.correlation:6.2f}%"
    yield f"Mean ln(PPL(Q)/PPL(base))     : {_six(table.log_ratio)}"
    yield f"Mean PPL(Q)/PPL(base)         : {_six(table.ratio)}"
    yield f"Mean PPL(Q)-PPL(base)         : {_six(table.difference)}"
    yield ""
    yield "====== KL divergence statistics ======"
    yield f"Mean    KLD: {_six(table.kld)}"
    for percent, value in sorted(table.kld_percentiles.items(), reverse=True):
        yield f"{_rank(percent)} KLD: {value:10.6f}"
    yield ""
    yield "====== Token probability statistics ======"
    yield f"Mean    Δp: {_percent(table.change)}"
    for percent, value in sorted(table.change_percentiles.items(), reverse=True):
        yield f"{_rank(percent)} Δp: {100 * value:6.3f}%"
    yield f"RMS Δp    : {_percent(table.rms_change)}"
    yield f"Same top p: {_percent(table.same_top)}"


def _rank(percent: float) -> str:
    named = {0.0: "Minimum", 50.0: "Median ", 100.0: "Maximum"}
    return named.get(percent, f"{percent:4.1f}%  ")


def _six(number: WithError) -> str:
    return f"{number.value:10.6f} ± {number.error:10.6f}"


def _percent(number: WithError) -> str:
    return f"{100 * number.value:6.3f} ± {100 * number.error:5.3f} %"
