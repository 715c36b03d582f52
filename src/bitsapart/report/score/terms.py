"""What the words on the page of a score mean, and where the methods come from."""

from bitsapart.report.score.ladder import MEANINGS
from bitsapart.scoring.result import Score


def terms(score: Score) -> tuple[tuple[str, str], ...]:
    """Terms and their meanings."""
    tags = "; ".join(f"{tag}: {meaning}" for tag, meaning in MEANINGS.items())
    return (
        (
            "Cross-entropy",
            "the mean of −log₂ q over the labels, with q the probability that the model gave to what came true: also "
            "called log loss, and there often in nats (1 nat = 1.443 bits). Nothing is clipped: a label of probability "
            "0 costs infinitely many bits.",
        ),
        (
            "Ladder",
            "for any other predictions r, mean(−log q) = mean(−log r) + mean(log r − log q). A chain of such steps "
            "adds up exactly, each step a mean over pairs with an interval of its own. Printed digits add up too.",
        ),
        ("Tags", f"what a number says of the truth that its name promises. {tags[:1].upper()}{tags[1:]}."),
        (
            "Recalibration",
            "a map of the model’s own predictions. Each row is predicted by a map fitted to the other "
            f"{max(score.folds - 1, 1)} of {score.folds} folds, so what it saves is, on average, no more than the best "
            "map would. Temperature, vector and matrix scaling: Guo, Pleiss, Sun and Weinberger 2017; Platt 1999; "
            "beta: Kull, Silva Filho and Flach 2017; isotonic: Zadrozny and Elkan 2002.",
        ),
        (
            "What any recalibration could save",
            "E KL(P(Y | Q) ‖ Q). It depends on how fine a map is allowed to be: a map that could tell all predictions "
            "apart would save all that the features could, so a number without the name of its map says little.",
        ),
        (
            "Floor",
            "H(Y | X), the bits that no model of these features can save, since labels differ although the item is the "
            "same. It needs items with several labels; nothing is guessed where there are none.",
        ),
        (
            "D2",
            "1 − cross-entropy / entropy of the label frequencies: the share that the model explains; negative where "
            "it does worse than the frequencies.",
        ),
        (
            "Reliability curve",
            "isotonic regression of what came true on what was predicted; the band is where the curve of a calibrated "
            "model would lie with the probability given, point by point (Dimitriadis, Gneiting and Jordan 2021).",
        ),
        (
            "Brier score",
            "the mean squared difference of prediction and outcome = miscalibration − discrimination + uncertainty, by "
            "the same isotonic regression.",
        ),
        (
            "Intervals",
            f"at level {100 * score.level:g} %, from the variance of the mean over rows, or over clusters where rows "
            "belong together.",
        ),
    )
