"""The command compare-models: what candidates cost in place of a base, token by token."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bitsapart.values.errors import UsageError
from bitsapart.values.whole_file import check_writable

if TYPE_CHECKING:
    from bitsapart.cli.run import Outputs
    from bitsapart.model_comparison.result import ModelComparison, ModelRanking

LogitsPath = Annotated[
    str,
    typer.Argument(
        metavar="BASE",
        help="Logits of the base, a row a token: .npy, .npz, .safetensors, a base file of llama.cpp, a glob in quotes "
        "or a folder of such; or a table of the top tokens of each row: Parquet, CSV, JSON lines.",
        show_default=False,
    ),
]
CandidatePaths = Annotated[
    list[str],
    typer.Argument(metavar="CANDIDATE", help="Logits of each candidate on the same tokens.", show_default=False),
]


def _file(help_: str) -> Any:
    return typer.Option(metavar="FILE", help=help_, show_default=False)


def compare_models(
    base: LogitsPath,
    candidates: CandidatePaths,
    labels: Annotated[
        str | None, _file("The token that came next, an id a row, for perplexity: .npy, or .txt with one a line.")
    ] = None,
    documents: Annotated[
        str | None, _file("The document of each row, in such a file: errors are clustered by it.")
    ] = None,
    domains: Annotated[str | None, _file("The domain of each row, in such a file: a breakdown.")] = None,
    tokens: Annotated[
        str | None, _file("What ids stand for: tokenizer.json, vocab.json, or a text file with a token a line.")
    ] = None,
    noise: Annotated[str | None, _file("Logits of a second run of the base: the floor of every divergence.")] = None,
    vocabulary: Annotated[
        int | None, typer.Option(min=1, help="Tokens that are real, where columns are padded.", show_default=False)
    ] = None,
    confident: Annotated[float, typer.Option(help="Probability from which on the base counts as confident.")] = 0.9,
    level: Annotated[float, typer.Option(help="Confidence level of the intervals.")] = 0.95,
    worst: Annotated[int, typer.Option(min=0, help="How many of the tokens that cost most are kept.")] = 20,
    fail_above: Annotated[
        float | None,
        typer.Option(
            metavar="BITS", help="Exit with 1 if the upper limit of a divergence is above.", show_default=False
        ),
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report, one HTML file, here.")] = None,
    json: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write all numbers here; - for standard output.")
    ] = None,
    per_token: Annotated[
        Path | None, typer.Option(metavar="FILE.parquet", help="Write a table with a row a token here.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of what is drawn.")] = 0,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """What a candidate, such as a quantised model, costs in place of a base: KL(base || candidate) in bits per token.

    Several candidates are ranked. Exit codes: 0 done, 1 a divergence is or may be above --fail-above, 2 wrong use,
    3 the data cannot be read.
    """
    if fail_above is not None and not fail_above >= 0:
        raise UsageError(f"--fail-above takes a number of bits that is not negative; got {fail_above}")
    options: dict[str, Any] = {
        "documents": documents,
        "domains": domains,
        "tokens": tokens,
        "noise": noise,
        "labels": labels,
    }
    named = tuple(path for path in (base, *candidates, *options.values()) if path is not None)
    outputs = _checked(report, json, per_token, named)
    options |= {"vocabulary": vocabulary, "confident": confident, "level": level, "worst": worst, "seed": seed}
    found = _compared(base, candidates, options | {"per_token": per_token})
    outputs.write(found)
    raise typer.Exit(0 if fail_above is None else exit_code(found, fail_above))


def _checked(report: Path | None, json: str | None, per_token: Path | None, inputs: tuple[str, ...]) -> "Outputs":
    """Refuse before the work what could not be written after it, and never write over an input or twice."""
    from bitsapart.cli.run import STANDARD_OUTPUT, Outputs
    from bitsapart.model_comparison.inputs import refuse_inputs

    written = (("--report", report), ("--json", None if json == STANDARD_OUTPUT else json), ("--per-token", per_token))
    for option, path in written:
        if path is not None:
            refuse_inputs(path, inputs, option)
    if per_token is not None:
        if per_token.suffix != ".parquet":
            raise UsageError(
                f"--per-token writes a Parquet file: give it a name that ends in .parquet, not {per_token}"
            )
        for other, option in ((report, "--report"), (json, "--json")):
            if other is not None and Path(other).resolve() == per_token.resolve():
                raise UsageError(f"--per-token and {option} would both write {per_token}")
        check_writable(per_token)
    return Outputs.checked(report, json, ())


def _compared(base: str, candidates: list[str], options: dict[str, Any]) -> "ModelComparison | ModelRanking":
    """The comparison or ranking, with a progress bar while it is made."""
    from bitsapart.cli.progress import Bar
    from bitsapart.model_comparison.compare_models import compare_models as compared

    candidate = candidates[0] if len(candidates) == 1 else candidates
    with Bar() as bar:
        return compared(base, candidate, progress=bar, **options)


def exit_code(found: "ModelComparison | ModelRanking", limit: float) -> int:
    """0, or 1 where a candidate's divergence may be above the limit, said on standard error."""
    from bitsapart.model_comparison.result import ModelRanking

    comparisons = found.comparisons if isinstance(found, ModelRanking) else (found,)
    above = [(one, upper) for one in comparisons if not (upper := upper_limit(one)) <= limit]
    for comparison, upper in above:
        typer.echo(f"bitsapart: {_exceeded(comparison, upper, limit)}", err=True)
    return 1 if above else 0


def upper_limit(comparison: "ModelComparison") -> float:
    """The upper limit of the divergence; infinite where it is not known or has none, be it at a single token."""
    if comparison.candidate_nonfinite_tokens:
        return float("inf")
    high, cut = comparison.kl.high, comparison.truncation
    ends = [float("inf") if high is None or high != high else high]
    return max(ends + ([float("inf") if cut.upper != cut.upper else cut.upper] if cut else []))


def _exceeded(comparison: "ModelComparison", upper: float, limit: float) -> str:
    from bitsapart.report.models.sentences import name
    from bitsapart.report.words import fine

    who = f"{name(comparison)}: the upper limit of its divergence"
    if upper < float("inf"):
        return f"{who}, {fine(upper)} bits per token, is above {fine(limit)}"
    if comparison.candidate_nonfinite_tokens:
        number = comparison.candidate_nonfinite_tokens
        at = "a token" if number == 1 else f"{number:,} tokens"
        why = f"unknown, since the candidate's logits are NaN or infinite at {at}"
    elif comparison.infinite_tokens:
        why = "infinite, since the candidate excludes tokens that the base allows"
    elif comparison.truncation is not None:
        why = "unknown, since only the most probable tokens were stored"
    else:
        why = "unknown, since there are too few documents or tokens for an interval"
    return f"{who} is {why}: this counts as above {fine(limit)}"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="compare-models")(compare_models)
