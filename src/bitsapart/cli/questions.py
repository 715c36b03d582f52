"""What the calculators answer: a value for each question, as text and as a JSON document with a versioned schema."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from bitsapart.cli.answers import adding, apart, percent, rows, signed, significant
from bitsapart.cli.lists import Listed
from bitsapart.cli.numbers import Pair
from bitsapart.measures.entropy import entropy
from bitsapart.measures.kl_divergence import kl_contributions, kl_divergence
from bitsapart.measures.perplexity import perplexity
from bitsapart.measures.relation import relate
from bitsapart.measures.surprisal import surprisal
from bitsapart.report.words import shortened, visible
from bitsapart.values.codec import encode, to_text
from bitsapart.values.unit import Unit

FEW = 10
"""Outcomes that are all listed; of more, the first FIRST."""
FIRST = 5
Keywords = dict[str, Any]
Row = tuple[str, str, str]


@dataclass(frozen=True)
class Uncertainty:
    """Entropy, and a code whose words all have one length."""

    unit: Unit
    outcomes: int
    impossible: int
    entropy: float
    perplexity: float
    waste: float
    """What the fixed-length code takes above the entropy."""

    @classmethod
    def of(cls, listed: Listed, keywords: Keywords) -> Self:
        """The answer for these numbers."""
        p, outcomes = list(listed.numbers), len(listed.numbers)
        unit = Unit[keywords["unit"]]
        meant = {name: keywords[name] for name in ("normalize", "from_logits")}
        logits = keywords["from_logits"]
        uniform = [0.0 if logits else 1.0 / outcomes] * outcomes
        # as a divergence, the waste of an almost uniform distribution keeps its digits
        unused = unit.of(length(outcomes) * Unit.bit.value - math.log(outcomes))
        return cls(
            unit,
            outcomes,
            p.count(-math.inf if logits else 0.0),
            float(entropy(p, **keywords)),
            float(perplexity(p, **meant)),
            max(unused, 0.0) + float(kl_divergence(p, uniform, **keywords)),
        )

    @property
    def fixed_length(self) -> float:
        """The length of each word of the fixed-length code, in the unit."""
        return self.unit.of(length(self.outcomes) * Unit.bit.value)

    @property
    def waste_share(self) -> float:
        """The part of the fixed-length code that is waste."""
        return self.waste / self.fixed_length if self.fixed_length else 0.0

    def to_text(self) -> str:
        """The answer as a few lines."""
        fixed, (entropy, waste), _ = adding([self.entropy, self.waste], digits=4)
        maximum = _like(self.unit.of(math.log(self.outcomes)), fixed)
        impossible = f", {self.impossible} of them impossible" if self.impossible else ""
        among = f"{significant(self.perplexity, 4)} equally likely outcomes"
        lines = [
            ("entropy", entropy, f"as unsure as among {among} (the perplexity)"),
            ("uniform maximum", maximum, f"log K of K = {self.outcomes} outcomes{impossible}"),
            ("fixed-length code", fixed, f"{bits(length(self.outcomes))} for every outcome"),
            ("  of which waste", waste, f"{percent(self.waste_share)} of that code"),
        ]
        lines = [(what, f"{value} {self.unit.name}s", remark) for what, value, remark in lines]
        return rows(lines)

    def to_json(self) -> str:
        """All digits."""
        return _document(
            "bitsapart.entropy/1",
            self.unit,
            outcomes=self.outcomes,
            entropy=self.entropy,
            perplexity=self.perplexity,
            maximum=self.unit.of(math.log(self.outcomes)),
            fixed_length=self.fixed_length,
            waste=self.waste,
            waste_share=self.waste_share,
        )


@dataclass(frozen=True)
class Term:
    """An outcome's part of KL(P || Q), with its sign: p log(p / q)."""

    outcome: str
    p: float
    q: float
    part: float


@dataclass(frozen=True)
class Divergence:
    """KL in both directions, and its parts."""

    unit: Unit
    divergence: float
    reverse_divergence: float
    terms: tuple[Term, ...]
    """By falling part."""
    note: str

    @classmethod
    def of(cls, pair: Pair, keywords: Keywords) -> Self:
        """The answer for this pair."""
        p, q = list(pair.p.numbers), list(pair.q.numbers)
        return cls(
            Unit[keywords["unit"]],
            float(kl_divergence(p, q, **keywords)),
            float(kl_divergence(q, p, **keywords)),
            _terms(pair, keywords),
            pair.note,
        )

    def to_text(self) -> str:
        """The answer, and the outcomes that cost most."""
        lines = [
            ("KL(P || Q)", _in(self.divergence, self.unit), "an outcome: the cost of Q where P is true"),
            ("KL(Q || P)", _in(self.reverse_divergence, self.unit), "an outcome: the cost of P where Q is true"),
        ]
        back = [Term(term.outcome, term.q, term.p, 0.0) for term in self.terms]
        why = [infinite(back, "Q", "P")] if math.isinf(self.reverse_divergence) else []
        why = ([infinite(self.terms, "P", "Q")] if math.isinf(self.divergence) else []) + why
        parts = [rows(lines), *(["\n".join(why)] if why else []), self._table(), self.note]
        return "\n\n".join(part for part in parts if part)

    def _table(self) -> str:
        """The first outcomes; what is left of many is a line of its own."""
        shown = self.terms if len(self.terms) <= FEW else self.terms[:FIRST]
        rest = self.terms[len(shown) :]
        if rest:
            sums = [math.fsum(getattr(term, what) for term in rest) for what in ("p", "q", "part")]
            shown = (*shown, Term(f"{len(rest):,} more", *sums))
        parts = signed([term.part for term in shown])
        lines = [("outcome", "P", "Q", f"{self.unit.name}s of KL(P || Q)")]
        lines += [(name(term.outcome), *apart(term.p, term.q), part) for term, part in zip(shown, parts, strict=True)]
        return rows(lines, left=[0])

    def to_json(self) -> str:
        """All digits."""
        return _document(
            "bitsapart.kl/1",
            self.unit,
            outcomes=len(self.terms),
            divergence=self.divergence,
            reverse_divergence=self.reverse_divergence,
            contributions=[{"outcome": t.outcome, "p": t.p, "q": t.q, "part": t.part} for t in self.terms],
        )


@dataclass(frozen=True)
class Identity:
    """Both accounts of a pair, and what is symmetric between them."""

    unit: Unit
    entropy: float
    divergence: float
    reverse_entropy: float
    reverse_divergence: float
    js_divergence: float
    terms: tuple[Term, ...]
    note: str

    @classmethod
    def of(cls, pair: Pair, keywords: Keywords) -> Self:
        """The answer for this pair."""
        p, q = list(pair.p.numbers), list(pair.q.numbers)
        found = relate(p, q, **keywords)
        return cls(
            Unit[keywords["unit"]],
            float(found.entropy),
            float(found.divergence),
            float(entropy(q, **keywords)),
            float(found.reverse_divergence),
            float(found.js_divergence),
            _terms(pair, keywords),
            pair.note,
        )

    def to_text(self) -> str:
        """Both identities as sums that add up, then the Jensen-Shannon divergence."""
        there, there_exact = _account("P", "Q", self.entropy, self.divergence, self.unit)
        back, back_exact = _account("Q", "P", self.reverse_entropy, self.reverse_divergence, self.unit)
        limit = significant(self.unit.of(math.log(2.0)), 4)
        js = ("Jensen-Shannon divergence", _in(self.js_divergence, self.unit), f"of at most {limit}")
        gap = ("", "", "")
        remarks = []
        if math.isinf(self.divergence):
            remarks.append(infinite(self.terms, "P", "Q"))
        if math.isinf(self.reverse_divergence):
            remarks.append(infinite([Term(t.outcome, t.q, t.p, 0.0) for t in self.terms], "Q", "P"))
        if not (there_exact and back_exact):
            remarks.append("A part in scientific notation is smaller than the digits of the sum that are shown.")
        lines = rows([*there, gap, *back, gap, js])
        return "\n\n".join(part for part in (lines, "\n".join(remarks), self.note) if part)

    def to_json(self) -> str:
        """All digits."""
        return _document(
            "bitsapart.relation/1",
            self.unit,
            outcomes=len(self.terms),
            entropy=self.entropy,
            divergence=self.divergence,
            cross_entropy=self.entropy + self.divergence,
            reverse_entropy=self.reverse_entropy,
            reverse_divergence=self.reverse_divergence,
            reverse_cross_entropy=self.reverse_entropy + self.reverse_divergence,
            js_divergence=self.js_divergence,
        )


def length(outcomes: int) -> int:
    """Bits of a word of a fixed-length code: log2 K, rounded up."""
    return (outcomes - 1).bit_length()


def bits(number: int) -> str:
    """A whole number of bits."""
    return f"{number} bit{'' if number == 1 else 's'}"


def infinite(terms: Sequence[Term], true: str, model: str) -> str:
    """Which outcomes make a divergence infinite."""
    missing = [term for term in terms if term.p > 0 and term.q == 0]
    named = ", ".join(name(term.outcome) for term in missing[:3]) + (", ..." if len(missing) > 3 else "")
    what = f"outcome {named} has" if len(missing) == 1 else f"{len(missing):,} outcomes ({named}) have"
    together = significant(math.fsum(term.p for term in missing), 4)
    return f"KL({true} || {model}) is infinite: {what} probability {together} under {true} and 0 under {model}."


def name(label: str) -> str:
    """An outcome's name as it may be shown."""
    return shortened(visible(label), 40)


def _terms(pair: Pair, keywords: Keywords) -> tuple[Term, ...]:
    sides = (pair.p, pair.q)
    p, q = (side.probabilities(keywords["normalize"], keywords["from_logits"]) for side in sides)
    if keywords["from_logits"]:  # a softmax that is too small for a number still has its logarithm
        own, foreign = ([float(x) for x in surprisal(list(side.numbers), **keywords)] for side in sides)
        parts = [0.0 if math.isinf(own[i]) else p[i] * (foreign[i] - own[i]) for i in range(len(p))]
    else:
        parts = [Unit[keywords["unit"]].of(float(nats)) for nats in kl_contributions(p, q)]
    found = [Term(pair.p.name(i), p[i], q[i], parts[i]) for i in range(len(p))]
    return tuple(sorted(found, key=lambda term: -term.part))


def _account(true: str, model: str, entropy: float, divergence: float, unit: Unit) -> tuple[list[Row], bool]:
    """The identity in three lines, and whether it adds up to the last digit."""
    total, (least, excess), exact = adding([entropy, divergence])
    lines = [
        (f"  entropy H({true})", least, f"the least that any code takes for an outcome of {true}"),
        (f"+ divergence KL({true} || {model})", excess, f"what a code made for {model} takes above that"),
        (f"= cross-entropy H({true}, {model})", total, f"what a code made for {model} takes"),
    ]
    return [(what, f"{value} {unit.name}s", remark) for what, value, remark in lines], exact


def _in(value: float, unit: Unit) -> str:
    return f"{significant(value)} {unit.name}s"


def _like(value: float, text: str) -> str:
    """A number with as many decimals as another has."""
    return f"{value:.{len(text.partition('.')[2])}f}" if "e" not in text else significant(value)


def _document(schema: str, unit: Unit, **entries: Any) -> str:
    return to_text({"schema": schema, "unit": unit.name} | encode(entries)).rstrip("\n")
