"""What a score says in words: sentences, the same in every format. Names are made visible."""

import math
from collections.abc import Iterable, Sequence

from bitsapart.report import words
from bitsapart.report.estimates import shown, with_interval
from bitsapart.report.score.ladder import adding
from bitsapart.scoring.result import IN_WORDS, Brier, PairedScore, Recalibration, Reliability, Score, Slice, WorstRow
from bitsapart.values.estimate import Estimate

CLASSES, ROWS = 12, 10
"""How many names of classes, and numbers of rows, a sentence holds."""
LETTERS = 40
"""Letters of a name in a sentence or cell."""
LABELS = {
    "hard": ("label", "labels"),
    "soft": ("soft label", "soft labels"),
    "votes": ("row of votes", "rows of votes"),
}
"""What one row and several rows are called."""


def name(text: str, length: int = LETTERS) -> str:
    """A name from the data as it may be shown in a sentence or cell."""
    return words.shortened(words.named(text), length)


def headline(score: Score) -> str:
    """The answer, as one sentence."""
    loss = score.cross_entropy
    if math.isnan(loss.value):
        return "Cross-entropy unknown: no label could be scored."
    if math.isinf(loss.value):
        return f"Cross-entropy infinite{_missed(score)}{_instead(score)}."
    return f"Cross-entropy {per_label(loss)}{_with_mix(score) or _outlook(score)}."


def per_label(estimate: Estimate) -> str:
    """Bits per label, and the interval behind the unit."""
    value, gap, ends = with_interval(estimate).partition(" ")
    return f"{value} bits per label{gap}{ends}"


def _missed(score: Score) -> str:
    if not score.certain_misses:
        return ""
    if score.certain_misses == score.n:
        return f": {'the only label' if score.n == 1 else f'all {score.n:,} labels'} had probability 0"
    return f": {score.certain_misses:,} of {words.counted(score.n, 'label')} had probability 0"


def _instead(score: Score) -> str:
    if score.mixed is not None:
        return _with_mix(score)
    rest = score.without_misses
    return f"; without them {per_label(rest)}" if math.isfinite(rest.value) else ""


def _with_mix(score: Score) -> str:
    """The score of the mixed predictions, of which everything else is."""
    if score.mixed is None:
        return ""
    saved = _saved(score)
    saved = f", of which {saved}" if saved else ""
    return f"; with a mix of {score.mix:g} it is {per_label(score.mixed)}{saved}"


def _outlook(score: Score) -> str:
    saved = _saved(score)
    if saved:
        return f": {saved} of them"
    if score.recalibrations:
        return ": no recalibration that was tried would surely save any of them"
    if math.isfinite(score.base.value):
        return f", where label frequencies cost {words.fine(score.base.value)}"
    return ""


def _saved(score: Score) -> str:
    """What the recalibrations of the ladder save, where something is surely saved."""
    if score.gap is None or not 0.0 < score.gap.low.value < math.inf:
        return ""
    parts = [rung.bits.value for rung in score.rungs if "saved by" in rung.name and "probe" not in rung.name]
    surely = words.fine(score.gap.low.value)
    return f"recalibration would save about {words.fine(math.fsum(parts))}, surely {surely}"


def _map(text: str) -> str:
    return IN_WORDS.get(text, name(text))


def recalibration(found: Recalibration) -> str:
    """What a recalibration is called."""
    return _map(found.name)


def evidence(score: Score) -> str:
    """How many labels were scored, and what they are worth."""
    text = f"{score.n:,} {LABELS[score.label_kind][score.n != 1]}"
    if score.clusters is not None:
        text += f" in {words.counted(score.clusters, 'cluster')}"
    worth = score.effective_n
    if math.isfinite(worth) and worth < 0.95 * score.n:
        text += f", worth {words.counted(round(worth), 'independent one')}"
    return text


def classes(score: Score, most: int = CLASSES) -> str:
    """The classes in the order of the columns, shortened where they are many."""
    names = [name(text, 24) for text in score.classes]
    if len(names) > most:
        names = [*names[: most - 1], "…", names[-1]]
    return f"{len(score.classes):,} {'class' if len(names) == 1 else 'classes'} in this order: {', '.join(names)}"


def storage(score: Score) -> str:
    """What the type that the predictions are stored in can tell apart."""
    found = score.storage
    parts = [f"{'logits' if score.from_logits else 'probabilities'} stored as {name(found.dtype)}"]
    if found.smallest > 0:
        parts.append(f"below {words.fine(found.smallest)} they are stored as 0")
    if math.isfinite(found.rounding) and found.rounding > 0:
        parts.append(f"rounding moves a label by up to {words.fine(found.rounding)} bits")
    if found.row_sums is not None:
        parts.append(f"rows sum to {_sums(*found.row_sums)}")
    return "; ".join(parts)


def _sums(low: float, high: float) -> str:
    least, most = (f"{end:.9g}" if math.isfinite(end) else words.bits(end) for end in (low, high))
    return least if least == most else f"between {least} and {most}"


def baseline(score: Score) -> str:
    """What the label frequencies alone would cost, and how much of it the model explains."""
    start = f"label frequencies {with_interval(score.base)}"
    if math.isnan(score.skill.value):
        return f"{start}; how much of it the model explains (D2) is unknown"
    if score.skill.value < 0:
        return f"{start}: less than the model, whose D2 is {with_interval(score.skill, 'share')}"
    return f"{start} → explains {with_interval(score.skill, 'share')} (D2)"


def proportion(score: Score) -> str:
    """The same as a sentence."""
    start = f"Label frequencies alone would cost {with_interval(score.base)} bits"
    if not math.isfinite(score.skill.value):
        return f"{start}."
    if score.skill.value < 0:
        return f"{start}: less than the model, whose D2 is {with_interval(score.skill, 'share')}."
    return f"{start}; the model explains {with_interval(score.skill, 'share')} of them (D2)."


def gap(score: Score) -> list[str]:
    """How much any recalibration could save, between two bounds."""
    found = score.gap
    if found is None:
        return []
    ground = "the best of the maps tried, chosen inside the folds"
    if math.isinf(found.low.value):
        why = f", since {words.visible(found.low.note)}" if found.low.note else ""
        return [f"What any recalibration could save: infinitely many bits{why}."]
    if found.low.value > 0:
        lines = [f"What any recalibration could save: at least {_bound(found.low)} ({ground})."]
    else:
        lines = [f"What any recalibration could save: nothing beyond chance was found ({ground})."]
    if found.high is not None:
        ground = "isotonic regression on the same rows, less its optimism"
        limit = "no bound where what comes true does not rise with what is predicted"
        lines.append(f"From above, about {with_interval(found.high)} ({ground}; an estimate, and {limit}).")
    else:
        why = "" if len(score.classes) == 2 else ": one is known for two classes only"
        lines.append(f"There is no upper bound{why}.")
    return lines


def _bound(estimate: Estimate) -> str:
    """A bound with its confidence, where it is the end of its own interval."""
    if math.isinf(estimate.value):
        return words.bits(estimate.value)
    if estimate.low != estimate.value:
        return with_interval(estimate)
    return f"{words.fine(estimate.value)}, with {100 * estimate.level:g} % confidence"


def floor(score: Score) -> list[str]:
    """What no model can go below, as a bracket, or that it is unknown."""
    found, note = score.floor, words.visible(score.floor_note)
    if found is None:
        return [f"Floor H(Y | X), what no model can go below: {note}."]
    ends = f"between {with_interval(found.low)} and {with_interval(found.high)}"
    ground = f"{words.counted(found.labels, 'label')} of {words.counted(found.items, 'item')}"
    line = f"Floor H(Y | X), what no model can go below: {with_interval(found.estimate)}, {ends} bits"
    return [f"{line} ({ground}; {words.visible(found.method)}).", *([note] if note else [])]


def misses(score: Score) -> list[str]:
    """Labels that had probability 0: how many, which, the number without them, and the remedy."""
    if not score.certain_misses:
        return []
    rows = score.certain_miss_rows[:ROWS]
    which = ", ".join(f"{row:,}" for row in rows)
    more = ", ..." if score.certain_misses > len(rows) else ""
    noun = words.counted(score.certain_misses, "label")
    place = f" ({'row' if score.certain_misses == 1 else 'rows'} {which}{more}, counted from 0)" if rows else ""
    lines = [f"{noun} had probability 0{place}: infinitely many bits each."]
    if math.isfinite(score.without_misses.value):
        number = words.counted(score.n - score.certain_misses, "other label")
        lines.append(
            f"The {number}: {per_label(score.without_misses)}. A model can make this number small by being wrong with "
            "certainty."
        )
    if score.mix is None:
        lines.append("--mix 0.001 scores (1 - 0.001) q + 0.001 / classes instead, which excludes nothing.")
    return lines


def mixed(score: Score) -> list[str]:
    """The score of the predictions mixed with the uniform one."""
    if score.mixed is None or score.mix is None:
        return []
    form = f"(1 - {score.mix:g}) q + {score.mix:g} / {len(score.classes):,}"
    return [f"Scored as {form}, which excludes nothing: {per_label(score.mixed)}. All that follows is of this number."]


def tail(score: Score) -> list[str]:
    """How concentrated the loss is."""
    infinite = math.isinf(score.cross_entropy.value)
    left_out = "Certain misses are left out here and in the tables, or they would hold all of it."
    lines = [left_out] if score.certain_misses and score.mixed is None else []
    known = [(rows, loss) for rows, loss in score.tail.shares if math.isfinite(loss)]
    if known:
        (rows, loss), *rest = known
        text = f"The worst {whole(rows)} of labels hold {whole(loss)} of the loss"
        lines.append(text + "".join(f", {whole(rows)} hold {whole(loss)}" for rows, loss in rest) + _worst(score) + ".")
    elif score.tail.worst:
        lines.append(f"The worst label costs {words.fine(score.tail.worst[0].bits)} bits.")
    if score.tail.misclassified is not None:
        share, loss = score.tail.misclassified
        held = "" if infinite or math.isnan(loss) else f" and hold {whole(loss)} of the loss"
        lines.append(f"Misclassified are {whole(share)} of labels{held}.")
    if score.accuracy is not None:
        lines.append(f"Accuracy {with_interval(score.accuracy, 'share')}.")
    return lines


def _worst(score: Score) -> str:
    finite = [row.bits for row in score.tail.worst if math.isfinite(row.bits)]
    return f"; the worst costs {words.fine(finite[0])} bits" if finite else ""


def whole(share: float) -> str:
    """A share in per cent without digits that nobody needs: ``28 %``, ``0.5 %``."""
    text = words.share(share)
    return text.replace(".0 %", " %")


def order(slices: Sequence[Slice], most: int) -> list[Slice]:
    """All slices in their order, or of very many those that hold most of the loss."""
    if len(slices) <= most:
        return list(slices)

    def key(part: Slice) -> float:
        return -part.bits.value * part.share if not math.isnan(part.bits.value) else math.inf

    return sorted(slices, key=key)[:most]


def others(by: str, slices: Sequence[Slice], shown: Sequence[Slice], score: Score) -> str:
    """How many slices there are besides those shown; nothing where there are none."""
    every = max(len(slices), len(score.classes) if by == "class" else 0)
    left = len(slices) - len(shown)
    if every == len(shown):
        return ""
    return f"the {len(shown)} of {every:,} that hold most of the loss" + (
        f"; {left:,} more in the JSON" if left else ""
    )


def cells(part: Slice) -> tuple[str, ...]:
    """A slice as cells: rows, bits, interval, share of the loss, accuracy."""
    value, _, ends = with_interval(part.bits).partition(" ")
    return (f"{part.rows:,}", value, ends, shown(part.loss_share, "share"), accuracy(part.accuracy))


def accuracy(value: float | None) -> str:
    """An accuracy, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else words.share(value)


def worst_row(found: WorstRow) -> tuple[str, ...]:
    """One of the worst rows as cells: row, bits, label, its probability, predicted class, its probability."""
    return (
        f"{found.row:,}",
        words.fine(found.bits),
        name(found.label, 24),
        words.fine(found.probability),
        name(found.predicted, 24),
        words.share(found.confidence),
    )


def brier_parts(found: Brier) -> list[tuple[str, str, str]]:
    """Sign, name and number of the parts of the Brier score and of their sum; the digits add up."""
    parts = (found.miscalibration, -found.discrimination, found.uncertainty)
    (first, second, third), mean = adding(parts, found.mean)
    less = "−" if second.startswith("−") or not second.strip("0.") else "+"
    return [
        ("", "miscalibration", first),
        (less, "discrimination", second.removeprefix("−")),
        ("+", "uncertainty", third),
        ("=", "Brier score", mean),
    ]


def brier_scale(number: int) -> str:
    """Between what a Brier score of so many classes lies."""
    return "on the scale 0 to 1" if number == 2 else "summed over classes, on the scale 0 to 2"


def brier(found: Brier, number: int) -> str:
    """The Brier score as the sum of its parts."""
    *parts, (_, _, mean) = brier_parts(found)
    terms = " ".join(f"{sign} {text} {name}".strip() for sign, name, text in parts)
    return f"Brier score {mean} = {terms} (by isotonic regression; {brier_scale(number)})"


def against(found: PairedScore) -> list[str]:
    """Both models on the same rows, and their difference."""
    other = words.tail(words.named(found.name), LETTERS)
    lines = [f"{other}: {per_label(found.cross_entropy)}."]
    if math.isnan(found.difference.value):
        lines.append("The difference is unknown: both are infinite.")
        return lines
    known = found.p_value is not None and not math.isnan(found.p_value)
    p_value = f", p-value {words.probability(found.p_value)}" if known else ""
    lines.append(f"This model less {other}: {per_label(found.difference)}{p_value}{_sign(found.difference)}.")
    lines.append(f"It has the smaller loss on {whole(found.better)} of labels.")
    return lines


def _sign(difference: Estimate) -> str:
    low, high = difference.low, difference.high
    if low is None or high is None:
        return ""
    if high < 0:
        return ": this model is better"
    return ": the other is better" if low > 0 else ": neither is surely better"


def curve(found: Reliability) -> str:
    """How a reliability curve lies to its band."""
    return (
        f"{name(found.name)}: the curve lies outside of the {100 * found.level:g} % band at {whole(found.outside)} of "
        "predictions"
    )


def diagnosis(score: Score) -> list[str]:
    """Whether squared error would have trouble to learn from these predictions."""
    found = score.diagnosis
    if found is None:
        return []
    if found.remarks:
        return [words.visible(remark) for remark in found.remarks]
    if found.double_softmax:
        return ["The predictions look as if a softmax had been taken twice."]
    return [
        f"{whole(found.flat)} of labels have a probability below 1/3, where squared error behind a sigmoid is not "
        f"convex; for {whole(found.vanishing)} the model is sure of another class, and its gradient is below 1 % of "
        "that of cross-entropy."
    ]


def made_from(score: Score) -> str:
    """What recalibrations, probes and pictures are made of."""
    if not score.sampled:
        return ""
    rows = "all rows" if score.sampled == score.n else f"{score.sampled:,} of {score.n:,} rows"
    return f"Fitted maps and pictures are made of {rows}, in {score.folds} folds (seed {score.seed})."


def notes(score: Score) -> Iterable[str]:
    """What else there is to say."""
    return [*filter(None, [made_from(score)]), *map(words.visible, score.notes)]
