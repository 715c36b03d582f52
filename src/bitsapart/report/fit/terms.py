"""What the words on the page of a fit mean."""

from collections.abc import Sequence

from bitsapart.fitting.result import Fit


def terms(fits: Sequence[Fit]) -> tuple[tuple[str, str], ...]:
    """Terms and their meanings, as far as these fits use them."""
    found = [
        (
            "Forward and reverse",
            "forward makes KL(target ‖ fit) small, what acting on the fit costs where the target is the truth: maximum "
            "likelihood. Reverse makes KL(fit ‖ target) small: variational inference. They have different answers "
            "unless the target is in the family, and reverse KL can have several minima.",
        )
    ]
    if any(fit.direction == "forward" for fit in fits):
        found.append(
            (
                "The account",
                "cross-entropy = floor (entropy of the target, which no model saves) + family misfit (what the best "
                "member of the family still costs) + parameter error (what is lost because parameters come from a "
                "sample). The three add up exactly (Csiszár 1975). Entropy and cross-entropy of densities depend on "
                "the unit of the values and can be negative; misfit and parameter error do not.",
            )
        )
    found.append(
        (
            "Certificate",
            "how far the fit can be from the best member. Fenchel’s gap and strong convexity prove it up to rounding; "
            "a search says what it looked at. The stationarity residual is the largest entry of the gradient.",
        )
    )
    if any("khat" in fit.diagnostics for fit in fits):
        found.append(
            (
                "k-hat",
                "the tail index of importance weights target / fit (Vehtari et al. 2024). It is no divergence: a fit "
                "with a small KL can have heavy tails of weights, and the other way round.",
            )
        )
    levels = {fit.divergence.level for fit in fits if fit.divergence.kind == "confidence"}
    found += [
        ("Intervals", f"at level {100 * level:g} %. An error after ± is that of a computation.") for level in levels
    ]
    return tuple(found)
