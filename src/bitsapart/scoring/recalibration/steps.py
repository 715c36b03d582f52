"""The steps of the ladder that recalibrations and probes give, in the order in which they are taken."""

from bitsapart.scoring.ladder import Step
from bitsapart.scoring.probe import Probed
from bitsapart.scoring.recalibration.recalibrated import Recalibrated
from bitsapart.scoring.result import IN_WORDS


def steps(tried: Recalibrated, probe: Probed | None) -> list[Step]:
    """From the model to temperature scaling, to the map chosen inside the folds, to the probe on the features.

    Each saving bounds from below, on average, what could be saved where it starts, since what it goes over to was
    fitted to other folds. The map is left out where temperature scaling was chosen in every fold.
    """
    found = [Step("saved by temperature scaling", tried.losses[:, 1], "lower bound")]
    chosen = set(tried.choice)
    if chosen != {"temperature"}:
        if len(chosen) == 1:
            name = IN_WORDS[tried.choice[0]]
        else:
            among = ", ".join(name for name in tried.names)
            name = f"the best of {among}, chosen inside the folds"
        found.append(Step(f"further saved by {name}", tried.chosen, "lower bound"))
    if probe is not None:
        found.append(Step("further saved by a probe on the features", probe.losses, "lower bound"))
    return found
