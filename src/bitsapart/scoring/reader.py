"""How the parts of a request are found, and checked against each other."""

from typing import Any

from bitsapart.scoring.opened import Opened, Request
from bitsapart.scoring.result import LabelKind
from bitsapart.scoring.targets import OneAgainstRest, Targets, Values, numbered, spellings, unique
from bitsapart.values.errors import DataError, UsageError


class Reader:
    """What tables and arrays have in common."""

    def __init__(self, request: Request, role: str = "predictions") -> None:
        self.request, self.role = request, role

    def opened(self) -> Opened:
        """All parts, checked against each other."""
        request = self.request
        predictions, dtype, named = self.predicted()
        binary = predictions.columns == 1
        names = self.names(2 if binary else predictions.columns, named)
        given = [part for part in ("labels", "votes", "annotators") if getattr(request, part) is not None]
        if not given or given == ["votes", "annotators"] or len(given) == 3:
            raise UsageError(
                f"{'no labels are' if not given else 'both votes and annotators are'} given: labels= (--label) for one "
                "label a row or soft labels, votes= (--votes) for counts, annotators= (--annotator) for a column each"
            )
        first, *second = given
        targets = self.targets(first, names)
        beside = self.targets(second[0], names) if second else None
        if beside and targets.kind != "hard":
            raise UsageError("votes beside labels bound the floor, which takes hard labels; got soft ones")
        parts: dict[str, Values | None] = {}
        for part, numeric in (("weights", True), ("clusters", False), ("features", True), ("repeats", False)):
            wanted = getattr(request, part)
            side = parts[part] = None if wanted is None else self.values(wanted, part, numeric)
            if side is not None and side.columns > 1 and part in {"weights", "clusters"}:
                raise DataError(f"the {part} have {side.columns} columns: one value a row is needed")
        unasked = named if named is not None and request.columns is None else ()
        found = Opened(predictions, dtype, request.from_logits, binary, targets, **parts, votes=beside, unasked=unasked)
        self.same_rows(found)
        return found

    def same_rows(self, found: Opened) -> None:
        """Refuse parts of other lengths."""
        request = self.request
        sides: dict[str, Values | None] = {
            "labels": found.targets.values,
            "votes": found.votes.values if found.votes else None,
            **{part: getattr(found, part) for part in ("weights", "clusters", "features", "repeats")},
        }
        for part, side in sides.items():
            if side is not None and side.rows != found.rows:
                name = next((p for p in ("labels", "votes", "annotators") if getattr(request, p) is not None), part)
                raise DataError(
                    f"the predictions have {found.rows:,} rows and the {name if part == 'labels' else part} "
                    f"{side.rows:,}: each row needs its own"
                )
        if found.rows == 0:
            raise DataError(f"{found.predictions.name} has no rows")

    def names(self, classes: int, named: tuple[str, ...] | None) -> tuple[str, ...]:
        """The names of the classes, in the order of the columns."""
        request = self.request
        if classes < 2:
            raise UsageError(
                "predictions of a single class are always right: two columns or more are needed, or one "
                "with the probability of the second of two classes"
            )
        if request.classes is not None:
            if isinstance(request.classes, str) or not hasattr(request.classes, "__iter__"):
                raise UsageError(f"classes are a list of names; got {request.classes!r}")
            return unique([spellings(value)[0] for value in request.classes], classes)
        if request.positive is not None:
            if classes != 2 or (named is not None and len(named) == 2):
                raise UsageError(
                    "positive= (--positive) names the class of a single column of probabilities; "
                    "classes= (--class) names several"
                )
            return (f"not {spellings(request.positive)[0]}", spellings(request.positive)[0])
        return unique(named, classes) if named is not None and len(named) == classes else numbered(classes)

    def targets(self, part: str, names: tuple[str, ...]) -> Targets:
        """The truth, from labels, votes or annotators."""
        classes = len(names)
        wanted = self.wanted(part, names)
        values = self.values(wanted, part, numeric=part == "votes" or self.is_several(wanted, part))
        if part == "annotators":
            return Targets(values, "votes", names, annotators=True)
        kind: LabelKind = "votes" if part == "votes" else "hard" if values.columns == 1 else "soft"
        if kind != "hard" and values.columns != classes:
            some = "1 column" if values.columns == 1 else f"{values.columns} columns"
            raise DataError(f"the {part} have {some}, and the predictions {classes} classes")
        if kind == "hard" and self.request.positive is not None:
            return Targets(OneAgainstRest(values, names), kind, names)
        return Targets(values, kind, names)

    def wanted(self, part: str, names: tuple[str, ...]) -> Any:
        """What was asked for as labels, votes or annotators of these classes."""
        return getattr(self.request, part)

    def is_several(self, wanted: Any, part: str) -> bool:
        """Whether labels are soft: several columns."""
        raise NotImplementedError

    def predicted(self) -> tuple[Values, str, tuple[str, ...] | None]:
        """The predictions, the type they are stored in, and the names of their columns where they have some."""
        raise NotImplementedError

    def values(self, wanted: Any, part: str, numeric: bool) -> Values:
        """Another part."""
        raise NotImplementedError
