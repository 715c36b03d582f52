"""The command score: what the cross-entropy of a model's predictions is made of."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bitsapart.values.errors import UsageError

if TYPE_CHECKING:
    from bitsapart.scoring.result import Score

Names = list[str] | None


def _named(flag: str, help_: str, *others: str) -> Any:
    return typer.Option(flag, *others, metavar="NAME", help=f"{help_} (repeatable).", show_default=False)


def _limit(help_: str) -> Any:
    return typer.Option(metavar="BITS", help=help_, show_default=False)


def score(
    predictions: Annotated[
        str,
        typer.Argument(help="Probabilities or logits: Parquet, CSV, .npy, .npz or .safetensors.", show_default=False),
    ],
    label: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="The labels: a column or member of PREDICTIONS, or a file.", show_default=False
        ),
    ] = None,
    logits: Annotated[bool, typer.Option("--logits", help="The predictions are logits: take their softmax.")] = False,
    class_: Annotated[Names, _named("--class", "A class; all of them, in the order of the predictions")] = None,
    prediction: Annotated[Names, _named("--prediction", "A column that holds predictions", "--columns")] = None,
    positive: Annotated[
        str | None,
        typer.Option(metavar="VALUE", help="The label that a single column predicts.", show_default=False),
    ] = None,
    soft_label: Annotated[
        Names, _named("--soft-label", "A column with the share of a class in place of labels")
    ] = None,
    votes: Annotated[Names, _named("--votes", "A column with the votes for a class, or one file of them")] = None,
    annotator: Annotated[Names, _named("--annotator", "A column with the labels of one annotator")] = None,
    weight: Annotated[str | None, typer.Option(metavar="NAME", help="A column of weights.", show_default=False)] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A column that says which rows belong together.", show_default=False),
    ] = None,
    feature: Annotated[Names, _named("--feature", "A column that a probe may predict from")] = None,
    repeats: Annotated[Names, _named("--repeats", "A key column: rows with equal keys are one item")] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Predictions of another model for the same rows.", show_default=False),
    ] = None,
    mix: Annotated[
        float | None,
        typer.Option(
            metavar="EPS", help="Score (1 - EPS) q + EPS / classes, which excludes nothing.", show_default=False
        ),
    ] = None,
    recalibration: Annotated[Names, _named("--recalibration", "A map to try in place of those that suit")] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=0, metavar="ROWS", help="Rows that maps and probes are fitted to.", show_default=False),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds: each row is judged by maps of the others.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed of folds and samples.")] = 0,
    level: Annotated[float, typer.Option(help="Confidence level of the intervals.")] = 0.95,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report, one HTML file, here.")] = None,
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write all numbers here; - for standard output."),
    ] = None,
    fail_above: Annotated[
        float | None,
        _limit("Exit with 1 if the upper end of the cross-entropy, with --mix of the mixed one, is above."),
    ] = None,
    fail_if_gap_above: Annotated[
        float | None,
        _limit("Exit with 1 if recalibration would surely save more: by the lower end of its lower bound."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """What a model's cross-entropy is made of, in bits per label: what recalibration would save, and what is left.

    Exit codes: 0 done, 1 a limit is exceeded, 2 wrong use, 3 the data cannot be read.
    """
    from bitsapart.cli.run import Outputs

    if label is not None and soft_label:
        raise UsageError("--label and --soft-label both say what is true: give one of them")
    if soft_label and len(soft_label) == 1:
        raise UsageError(
            "--soft-label names one column for each class: repeat it, or give one file or member to --label"
        )
    for flag, limit in (("--fail-above", fail_above), ("--fail-if-gap-above", fail_if_gap_above)):
        if limit is not None and not limit >= 0:
            raise UsageError(f"{flag} takes a number of bits that is not negative; got {limit}")
    maybe = (label, against, *(votes or []))
    files = tuple(name for name in maybe if name is not None and Path(name).exists())
    outputs = Outputs.checked(report, json, (predictions, *files))
    options: dict[str, Any] = {
        "labels": soft_label or label,
        "from_logits": logits,
        "classes": class_ or None,
        "positive": positive,
        "columns": prediction or None,
        "votes": several(votes),
        "annotators": several(annotator),
        "weights": weight,
        "clusters": cluster,
        "features": several(feature),
        "repeats": several(repeats),
        "against": against,
        "mix": mix,
        "recalibrations": recalibration or "auto",
        "sample": sample,
        "folds": folds,
        "seed": seed,
        "level": level,
    }
    found = _scored(predictions, options)
    outputs.write(found)
    raise typer.Exit(exit_code(found, fail_above, fail_if_gap_above))


def several(names: Names) -> list[str] | str | None:
    """Names as the scoring takes them: one alone may also be a file, or a member of one."""
    return names[0] if names and len(names) == 1 else names or None


def _scored(predictions: str, options: dict[str, Any]) -> "Score":
    """The score, with a progress bar while it is made."""
    from bitsapart.cli.progress import Bar
    from bitsapart.scoring.score import score as scored

    with Bar() as bar:
        return scored(predictions, progress=bar, **options)


def exit_code(found: "Score", most: float | None, most_saved: float | None) -> int:
    """0, or 1 where a limit is exceeded, said on standard error."""
    said = [
        "" if most is None else _above(found, most),
        "" if most_saved is None else _saved(found, most_saved),
    ]
    for line in filter(None, said):
        typer.echo(f"bitsapart: {line}", err=True)
    return 1 if any(said) else 0


def _above(found: "Score", most: float) -> str:
    """That the upper end of the cross-entropy is above the limit, or that none is known; else nothing."""
    from bitsapart.report.words import fine

    loss = found.cross_entropy if found.mixed is None else found.mixed
    if loss.value == float("inf"):
        return f"the cross-entropy is infinite: this is above {fine(most)}"
    if loss.high is None or loss.high != loss.high:
        return f"the cross-entropy has no upper end: this counts as above {fine(most)}"
    if loss.high <= most:
        return ""
    return f"the upper end of the cross-entropy, {fine(loss.high)} bits per label, is above {fine(most)}"


def _saved(found: "Score", most: float) -> str:
    """That recalibration would surely save more than the limit; else nothing."""
    from bitsapart.report.words import fine

    low = found.gap.low if found.gap else None
    least = None if low is None else low.value if low.value == float("inf") else low.low
    if least is None:
        typer.echo(
            "bitsapart: what recalibration would save is unknown, so --fail-if-gap-above judges nothing", err=True
        )
    if least is None or not least > most:
        return ""
    return f"recalibration would save at least {fine(least)} bits per label: this is above {fine(most)}"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(score)
