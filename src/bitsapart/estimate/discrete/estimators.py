"""The entropy estimators by their names, which are their files', and what each can take."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.discrete import grassberger, miller_madow, plug_in, zhang
from bitsapart.estimate.discrete.chao_shen import chao_shen
from bitsapart.estimate.discrete.chao_wang_jost import chao_wang_jost
from bitsapart.estimate.discrete.dirichlet import dirichlet
from bitsapart.estimate.discrete.estimator import Estimator
from bitsapart.estimate.discrete.nsb import nsb, nsb_posterior
from bitsapart.estimate.discrete.pitman_yor import pitman_yor, pitman_yor_posterior
from bitsapart.estimate.discrete.poisson_mixture import poisson_mixture
from bitsapart.estimate.discrete.shrinkage import shrinkage
from bitsapart.estimate.discrete.standard_error import delta_standard_error

Array = NDArray[np.float64]

SINGLES = "it goes by how many outcomes were seen once and twice, and weights have no such number"
PARITY = "it depends on whether a count is odd or even, and weights are neither"
WHOLE = "it goes by how many outcomes have which count, and sums of weights have no counts"
PARTITION = "it is for whole numbers of rows in every outcome"


def nsb_standard_error(counts: Array, **options: Any) -> Array:
    """The posterior standard deviation under ``nsb``, (...) in nats."""
    return nsb_posterior(counts, **options)[1]


def pitman_yor_standard_error(counts: Array) -> Array:
    """The posterior standard deviation under ``pitman_yor``, (...) in nats."""
    return pitman_yor_posterior(counts)[1]


ESTIMATORS = {
    estimator.name: estimator
    for estimator in (
        Estimator(
            "plug_in",
            plug_in.plug_in,
            "the entropy of the observed shares; too low by (outcomes - 1) / 2n",
            delta_standard_error,
            term=plug_in.term,
        ),
        Estimator(
            "miller_madow",
            miller_madow.miller_madow,
            "plug-in with its bias corrected to first order in 1/n",
            delta_standard_error,
            term=miller_madow.term,
        ),
        Estimator(
            "grassberger",
            grassberger.grassberger,
            "digamma functions with a term of alternating sign, Grassberger 2003",
            delta_standard_error,
            refusal=PARITY,
            term=grassberger.term,
        ),
        Estimator(
            "zhang",
            zhang.zhang,
            "digamma functions; bias falls exponentially with the expected counts",
            delta_standard_error,
            term=zhang.term,
        ),
        Estimator(
            "chao_shen",
            chao_shen,
            "shares shrunk by the coverage, weighted by their chance of being seen",
            delta_standard_error,
            refusal=SINGLES,
        ),
        Estimator(
            "chao_wang_jost",
            chao_wang_jost,
            "zhang and what unseen outcomes add; the number of outcomes may be unknown",
            delta_standard_error,
            refusal=SINGLES,
        ),
        Estimator(
            "poisson_mixture",
            poisson_mixture,
            "zhang and what a mixture of Poisson laws says of unseen outcomes; needs the number of outcomes",
            delta_standard_error,
            options=("outcomes",),
            refusal=WHOLE,
        ),
        Estimator(
            "shrinkage",
            shrinkage,
            "shares drawn towards the uniform distribution, James-Stein",
            delta_standard_error,
            options=("outcomes",),
        ),
        Estimator(
            "dirichlet",
            dirichlet,
            "shares with a pseudo-count in every outcome",
            delta_standard_error,
            options=("outcomes", "prior"),
        ),
        Estimator(
            "nsb",
            nsb,
            "mixture of Dirichlet priors, nearly flat in the entropy; needs the number of outcomes",
            nsb_standard_error,
            options=("outcomes",),
        ),
        Estimator(
            "pitman_yor",
            pitman_yor,
            "mixture of Pitman-Yor priors, flat in the entropy; any number of outcomes",
            pitman_yor_standard_error,
            refusal=PARTITION,
        ),
    )
}
