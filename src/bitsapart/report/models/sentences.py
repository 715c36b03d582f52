"""What a model comparison says in words: sentences, the same in every format. Tokens and names are made visible."""

import math

from bitsapart.model_comparison.result import ModelComparison, WorstToken
from bitsapart.report import words
from bitsapart.report.estimates import shown, with_interval
from bitsapart.report.models.quantities import degree, everything

TOKEN, CONTEXT = 40, 160
"""Characters of a token and of its context that are shown."""
NAMES = {0.0: "least", 50.0: "median", 100.0: "largest"}


def headline(comparison: ModelComparison) -> str:
    """The answer, as one sentence."""
    kl, cut = comparison.kl, comparison.truncation
    if math.isnan(kl.value):
        return f"No divergence could be computed: {words.counted(comparison.n, 'token')} compared."
    if math.isinf(kl.value):
        return f"The candidate costs infinitely many bits: it excludes what the base allows{_at(comparison)}."
    broken = comparison.candidate_nonfinite_tokens
    if broken:
        total = comparison.n + comparison.nonfinite_tokens
        where = f"{broken:,} of {words.counted(total, 'token')} ({words.share(broken / total)})"
        rest = f"{with_interval(kl)} bits per token at the others"
        return f"The candidate’s logits are NaN or infinite at {where}: it costs {rest}, where it gives numbers."
    least = "at least " if cut is not None else ""
    if kl.value == 0 and not least:
        return f"The candidate costs nothing: KL(base || candidate) is 0 at {_tokens(comparison.n)}."
    cost = f"{least}{with_interval(kl)}".replace(" [", " bits per token [", 1)
    cost += "" if "[" in cost else " bits per token"
    return f"The candidate costs {cost} more than the base: KL(base || candidate)."


def _tokens(number: int) -> str:
    return "the only token" if number == 1 else f"each of {number:,} tokens"


def _at(comparison: ModelComparison) -> str:
    number, n = comparison.infinite_tokens, comparison.n
    return f" at {number:,} of {words.counted(n, 'token')} ({words.share(number / n)})" if number and n else ""


def proportion(comparison: ModelComparison) -> str:
    """The divergence in proportion: to the entropy of the base, and on the text itself."""
    parts = []
    kl, entropy = comparison.kl.value, comparison.entropy.value
    if comparison.truncation is None and math.isfinite(kl) and math.isfinite(entropy) and kl > 0 and entropy > 0:
        size = words.share(kl / entropy) if kl < 10 * entropy else f"{words.fine(kl / entropy)} times"
        parts.append(f"That is {size} on top of the base’s own {words.fine(entropy)} bits per token.")
    found = comparison.perplexity
    if found is not None:
        both = f"from {shown(found.base.value)} to {shown(found.candidate.value)}"
        parts.append(f"Perplexity on the text goes {both}: times {with_interval(found.ratio, 'ratio')}.")
    return " ".join(parts)


def evidence(comparison: ModelComparison) -> str:
    """How many tokens were compared, and what they are worth."""
    text = f"{words.counted(comparison.n, 'token')} compared"
    worth = comparison.effective_n
    if math.isfinite(worth) and worth < 0.95 * comparison.n:
        text += (
            f", worth {words.counted(round(worth), 'independent token')}, since tokens of one document resemble "
            "each other"
        )
    return f"{text}."


def left_out(comparison: ModelComparison) -> list[str]:
    """Tokens that are missing from the numbers, or that make them infinite."""
    lines = []
    if comparison.nonfinite_tokens:
        verb = "was" if comparison.nonfinite_tokens == 1 else "were"
        lines.append(
            f"{words.counted(comparison.nonfinite_tokens, 'token')} {verb} left out, because a logit of either side is "
            "NaN or infinite."
        )
    if comparison.infinite_tokens:
        number = words.counted(comparison.infinite_tokens, "token")
        lines.append(f"At {number} the candidate excludes what the base allows: infinitely many bits each.")
    return lines


def truncation(comparison: ModelComparison) -> list[str]:
    """What lists of top tokens can show, and what they cannot."""
    cut = comparison.truncation
    if cut is None:
        return []
    base, candidate = (shown(tail, "share") for tail in (cut.base_tail, cut.candidate_tail))
    tails = f"{base} of the base’s mass and {candidate} of the candidate’s"
    lower = with_interval(cut.lower)
    lines = [
        f"Only the most probable tokens were stored. The number is a lower bound, {lower} bits per token: everything "
        "unlisted is merged into one outcome, and nothing is guessed.",
        f"Unlisted are on average {tails}; {_ceiling(cut.lower.value, cut.upper)}.",
        "Percentiles, breakdowns, shares of all bits and the worst tokens are made of these lower bounds.",
    ]
    if cut.exact_tokens:
        whole = f"At {cut.exact_tokens:,} of {words.counted(comparison.n, 'token')}"
        lines.append(f"{whole} nothing is unlisted, and the number is exact.")
    return lines


def _ceiling(lower: float, upper: float) -> str:
    if math.isinf(upper):
        return "what they could add has no upper limit, since both sides are cut off"
    if math.isnan(upper):
        return "what they could add is unknown"
    more = words.fine(max(0.0, upper - lower))
    return f"they could add at most {more} bits, so the divergence is at most {words.fine(upper)}"


def noise(comparison: ModelComparison) -> list[str]:
    """How small a divergence these files can show, and whether this one is."""
    floor, lines = comparison.noise, []
    dtype = words.visible(floor.storage_dtype)
    if math.isfinite(floor.storage) and floor.storage > 0:
        lines.append(f"Rounding the base to {dtype} alone would make {words.fine(floor.storage)} bits per token.")
    if floor.rerun is not None and not math.isnan(floor.rerun.value):
        lines.append(f"A second run of the base differs from it by {with_interval(floor.rerun)} bits per token.")
    warning = near(comparison)
    if warning:
        lines.append(warning)
    elif lines and comparison.kl.value > 0:
        times = comparison.kl.value / _floor(comparison)
        if math.isfinite(times):
            what = "the larger of them" if lines[1:] else "that"
            lines.append(f"The divergence is {_times(times)} {what}.")
    return lines


def _floor(comparison: ModelComparison) -> float:
    """The larger of the two floors."""
    floor = comparison.noise
    known = [floor.storage, *([floor.rerun.value] if floor.rerun else [])]
    return max((value for value in known if value > 0), default=math.nan)


def _times(ratio: float) -> str:
    if ratio >= 1000:
        return "far above"
    return f"{words.roughly(round(ratio))} times" if ratio >= 10 else f"{ratio:.1f} times"


def near(comparison: ModelComparison) -> str:
    """The warning that the divergence may not be the candidate's; nothing where there is none to give."""
    floor = comparison.noise
    if not floor.near or comparison.kl.value == 0:
        return ""
    rerun = floor.rerun is not None and floor.rerun.value > floor.storage
    cause = "a mere second run of the base" if rerun else "mere storage"
    return f"The divergence is within twice of the noise floor: this difference may be {cause}, not the model."


def temperature(comparison: ModelComparison) -> str:
    """How much of the divergence one scalar would mend; nothing where none was fitted or nothing is lost."""
    found = comparison.temperature
    if found is None or comparison.kl.value == 0:
        return ""
    other = "text" if comparison.base.documents > 1 else "tokens of the same text"
    divided = f"Dividing the candidate’s logits by {degree(found)}, fitted to other {other},"
    saved, left = found.saved.value, found.left.value
    if not saved > 0:
        return f"{divided} would save nothing: what is lost is no mere matter of temperature."
    if found.saved.low is not None and found.saved.low <= 0:
        return f"{divided} would save nothing that is certain: {with_interval(found.saved)} bits per token."
    total = saved + left
    share = f": {words.share(saved / total)} of the divergence" if total > 0 and math.isfinite(total) else ""
    return f"{divided} would save {with_interval(found.saved)} bits per token{share}; {words.fine(left)} would be left."


def remarks(comparison: ModelComparison) -> list[str]:
    """What is to be said of the estimates themselves: their notes, with their names, each once."""
    named: dict[str, list[str]] = {}
    for quantity in everything(comparison):
        if quantity.estimate.note:
            named.setdefault(quantity.estimate.note, []).append(quantity.name)
    return [f"{', '.join(names)}: {words.visible(note)}" for note, names in named.items()]


def concentration(comparison: ModelComparison) -> str:
    """How few tokens hold the divergence; nothing where it is 0 or infinite."""
    share = comparison.worst_percent_share
    return f"The worst 1 % of tokens hold {words.share(share)} of all bits." if math.isfinite(share) else ""


def percentile(percent: float) -> str:
    """What a percentile is called."""
    return NAMES.get(percent, f"{percent:g} %")


def signed(value: float | None) -> str:
    """A change, with its sign."""
    return ("+" if value is not None and value > 0 else "") + words.fine(value)


def quoted(token: str) -> str:
    """A token as it may be shown: in quotes, so that its spaces are seen."""
    return f"'{words.shortened(words.visible(token), TOKEN)}'"


def place(token: WorstToken) -> str:
    """Where a token is."""
    named = words.shortened(words.named(token.document_name), TOKEN) if token.document_name else f"{token.document:,}"
    return f"document {named}, position {token.position:,}"


def context(token: WorstToken) -> str:
    """The text before a token, its end where it is long."""
    return words.tail(words.visible(token.context), CONTEXT)


def name(comparison: ModelComparison) -> str:
    """The candidate's name as it may be shown."""
    return words.tail(words.named(comparison.candidate.name), 48)


def heading(by: str) -> str:
    """What a breakdown is called.

    >>> heading("domain")
    'By domain'
    """
    text = words.visible(by)
    return text[:1].upper() + text[1:] if text.lower().startswith("by ") else f"By {text}"
