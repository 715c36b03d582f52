"""How many bits one distribution is apart from another: how sure, and what is responsible.

    cross-entropy H(P, Q)  =  entropy H(P)  +  divergence KL(P || Q)

Importing this package imports nothing heavy: every name below is loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bitsapart.families.registry import HOMES as FAMILIES

if TYPE_CHECKING:
    from bitsapart import estimate as estimate
    from bitsapart.comparison.compare import compare as compare
    from bitsapart.comparison.compare import profile as profile
    from bitsapart.comparison.comparison import ColumnShift as ColumnShift
    from bitsapart.comparison.comparison import Comparison as Comparison
    from bitsapart.comparison.reweighting import Reweighting as Reweighting
    from bitsapart.comparison.reweighting import reweighting as reweighting
    from bitsapart.families.built.affine import Affine as Affine
    from bitsapart.families.built.empirical import Empirical as Empirical
    from bitsapart.families.built.mixture import Mixture as Mixture
    from bitsapart.families.built.product import Product as Product
    from bitsapart.families.built.transformed import Transformed as Transformed
    from bitsapart.families.built.truncated import Truncated as Truncated
    from bitsapart.families.continuous.beta import Beta as Beta
    from bitsapart.families.continuous.cauchy import Cauchy as Cauchy
    from bitsapart.families.continuous.chi_squared import ChiSquared as ChiSquared
    from bitsapart.families.continuous.continuous_bernoulli import ContinuousBernoulli as ContinuousBernoulli
    from bitsapart.families.continuous.exponential import Exponential as Exponential
    from bitsapart.families.continuous.frechet import Frechet as Frechet
    from bitsapart.families.continuous.gamma import Gamma as Gamma
    from bitsapart.families.continuous.generalized_normal import GeneralizedNormal as GeneralizedNormal
    from bitsapart.families.continuous.gumbel import Gumbel as Gumbel
    from bitsapart.families.continuous.half_cauchy import HalfCauchy as HalfCauchy
    from bitsapart.families.continuous.half_normal import HalfNormal as HalfNormal
    from bitsapart.families.continuous.inverse_gamma import InverseGamma as InverseGamma
    from bitsapart.families.continuous.inverse_gaussian import InverseGaussian as InverseGaussian
    from bitsapart.families.continuous.kumaraswamy import Kumaraswamy as Kumaraswamy
    from bitsapart.families.continuous.laplace import Laplace as Laplace
    from bitsapart.families.continuous.log_normal import LogNormal as LogNormal
    from bitsapart.families.continuous.logistic import Logistic as Logistic
    from bitsapart.families.continuous.logit_normal import LogitNormal as LogitNormal
    from bitsapart.families.continuous.maxwell import Maxwell as Maxwell
    from bitsapart.families.continuous.nakagami import Nakagami as Nakagami
    from bitsapart.families.continuous.normal import Normal as Normal
    from bitsapart.families.continuous.pareto import Pareto as Pareto
    from bitsapart.families.continuous.rayleigh import Rayleigh as Rayleigh
    from bitsapart.families.continuous.student_t import StudentT as StudentT
    from bitsapart.families.continuous.truncated_normal import TruncatedNormal as TruncatedNormal
    from bitsapart.families.continuous.uniform import Uniform as Uniform
    from bitsapart.families.continuous.von_mises import VonMises as VonMises
    from bitsapart.families.continuous.weibull import Weibull as Weibull
    from bitsapart.families.discrete.bernoulli import Bernoulli as Bernoulli
    from bitsapart.families.discrete.binomial import Binomial as Binomial
    from bitsapart.families.discrete.categorical import Categorical as Categorical
    from bitsapart.families.discrete.discrete_uniform import DiscreteUniform as DiscreteUniform
    from bitsapart.families.discrete.geometric import Geometric as Geometric
    from bitsapart.families.discrete.logarithmic import Logarithmic as Logarithmic
    from bitsapart.families.discrete.multinomial import Multinomial as Multinomial
    from bitsapart.families.discrete.negative_binomial import NegativeBinomial as NegativeBinomial
    from bitsapart.families.discrete.poisson import Poisson as Poisson
    from bitsapart.families.discrete.zeta import Zeta as Zeta
    from bitsapart.families.multivariate.dirichlet import Dirichlet as Dirichlet
    from bitsapart.families.multivariate.inverse_wishart import InverseWishart as InverseWishart
    from bitsapart.families.multivariate.matrix_normal import MatrixNormal as MatrixNormal
    from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal as MultivariateNormal
    from bitsapart.families.multivariate.normal_gamma import NormalGamma as NormalGamma
    from bitsapart.families.multivariate.normal_inverse_gamma import NormalInverseGamma as NormalInverseGamma
    from bitsapart.families.multivariate.normal_inverse_wishart import NormalInverseWishart as NormalInverseWishart
    from bitsapart.families.multivariate.von_mises_fisher import VonMisesFisher as VonMisesFisher
    from bitsapart.families.multivariate.wishart import Wishart as Wishart
    from bitsapart.fitting.fit import fit as fit
    from bitsapart.fitting.gain.bayesian_gain import bayesian_gain as bayesian_gain
    from bitsapart.fitting.gain.bayesian_gain import expected_information_gain as expected_information_gain
    from bitsapart.fitting.gain.beta_binomial import BetaBinomialModel as BetaBinomialModel
    from bitsapart.fitting.gain.gamma_poisson import GammaPoissonModel as GammaPoissonModel
    from bitsapart.fitting.gain.linear_gaussian import LinearGaussianModel as LinearGaussianModel
    from bitsapart.fitting.gain.nested import NestedRun as NestedRun
    from bitsapart.fitting.gain.result import Gain as Gain
    from bitsapart.fitting.generalized_linear_posterior import GeneralizedLinearPosterior as GeneralizedLinearPosterior
    from bitsapart.fitting.result import Fit as Fit
    from bitsapart.fitting.result import FitComparison as FitComparison
    from bitsapart.measures.alpha import alpha_divergence as alpha_divergence
    from bitsapart.measures.chi_squared import chi_squared_divergence as chi_squared_divergence
    from bitsapart.measures.chi_squared import neyman_chi_squared_divergence as neyman_chi_squared_divergence
    from bitsapart.measures.cross_entropy import cross_entropy as cross_entropy
    from bitsapart.measures.entropy import entropy as entropy
    from bitsapart.measures.f_divergence import f_divergence as f_divergence
    from bitsapart.measures.hellinger import bhattacharyya_coefficient as bhattacharyya_coefficient
    from bitsapart.measures.hellinger import bhattacharyya_distance as bhattacharyya_distance
    from bitsapart.measures.hellinger import hellinger_distance as hellinger_distance
    from bitsapart.measures.hellinger import squared_hellinger as squared_hellinger
    from bitsapart.measures.jeffreys import jeffreys_divergence as jeffreys_divergence
    from bitsapart.measures.jensen_shannon import js_distance as js_distance
    from bitsapart.measures.jensen_shannon import js_divergence as js_divergence
    from bitsapart.measures.kl_divergence import information_gain as information_gain
    from bitsapart.measures.kl_divergence import kl_divergence as kl_divergence
    from bitsapart.measures.mutual_information import conditional_entropy as conditional_entropy
    from bitsapart.measures.mutual_information import conditional_mutual_information as conditional_mutual_information
    from bitsapart.measures.mutual_information import joint_entropy as joint_entropy
    from bitsapart.measures.mutual_information import mutual_information as mutual_information
    from bitsapart.measures.mutual_information import total_correlation as total_correlation
    from bitsapart.measures.perplexity import perplexity as perplexity
    from bitsapart.measures.relation import Relation as Relation
    from bitsapart.measures.relation import relate as relate
    from bitsapart.measures.renyi import renyi_divergence as renyi_divergence
    from bitsapart.measures.renyi import renyi_entropy as renyi_entropy
    from bitsapart.measures.surprisal import surprisal as surprisal
    from bitsapart.measures.total_variation import total_variation as total_variation
    from bitsapart.measures.tsallis import tsallis_divergence as tsallis_divergence
    from bitsapart.measures.tsallis import tsallis_entropy as tsallis_entropy
    from bitsapart.model_comparison.compare_models import compare_models as compare_models
    from bitsapart.model_comparison.result import ModelComparison as ModelComparison
    from bitsapart.model_comparison.result import ModelRanking as ModelRanking
    from bitsapart.projection.feasible import InfeasibleError as InfeasibleError
    from bitsapart.projection.i_projection import Projection as Projection
    from bitsapart.projection.i_projection import i_projection as i_projection
    from bitsapart.scoring.recalibrated_classifier import RecalibratedClassifier as RecalibratedClassifier
    from bitsapart.scoring.result import Score as Score
    from bitsapart.scoring.score import score as score
    from bitsapart.scoring.scorers import cross_entropy_scorer as cross_entropy_scorer
    from bitsapart.scoring.scorers import skill_scorer as skill_scorer
    from bitsapart.values.errors import BitsapartError as BitsapartError
    from bitsapart.values.errors import DataError as DataError
    from bitsapart.values.errors import UsageError as UsageError
    from bitsapart.values.estimate import Estimate as Estimate
    from bitsapart.values.profile import Profile as Profile
    from bitsapart.values.unit import Unit as Unit

HOMES = {
    "BetaBinomialModel": "bitsapart.fitting.gain.beta_binomial",
    "BitsapartError": "bitsapart.values.errors",
    "ColumnShift": "bitsapart.comparison.comparison",
    "Comparison": "bitsapart.comparison.comparison",
    "DataError": "bitsapart.values.errors",
    "Estimate": "bitsapart.values.estimate",
    "Fit": "bitsapart.fitting.result",
    "FitComparison": "bitsapart.fitting.result",
    "Gain": "bitsapart.fitting.gain.result",
    "GammaPoissonModel": "bitsapart.fitting.gain.gamma_poisson",
    "InfeasibleError": "bitsapart.projection.feasible",
    "GeneralizedLinearPosterior": "bitsapart.fitting.generalized_linear_posterior",
    "LinearGaussianModel": "bitsapart.fitting.gain.linear_gaussian",
    "ModelComparison": "bitsapart.model_comparison.result",
    "ModelRanking": "bitsapart.model_comparison.result",
    "NestedRun": "bitsapart.fitting.gain.nested",
    "Profile": "bitsapart.values.profile",
    "Projection": "bitsapart.projection.i_projection",
    "RecalibratedClassifier": "bitsapart.scoring.recalibrated_classifier",
    "Relation": "bitsapart.measures.relation",
    "Reweighting": "bitsapart.comparison.reweighting",
    "Score": "bitsapart.scoring.result",
    "Unit": "bitsapart.values.unit",
    "UsageError": "bitsapart.values.errors",
    "alpha_divergence": "bitsapart.measures.alpha",
    "bayesian_gain": "bitsapart.fitting.gain.bayesian_gain",
    "bhattacharyya_coefficient": "bitsapart.measures.hellinger",
    "bhattacharyya_distance": "bitsapart.measures.hellinger",
    "chi_squared_divergence": "bitsapart.measures.chi_squared",
    "compare": "bitsapart.comparison.compare",
    "compare_models": "bitsapart.model_comparison.compare_models",
    "conditional_entropy": "bitsapart.measures.mutual_information",
    "conditional_mutual_information": "bitsapart.measures.mutual_information",
    "cross_entropy": "bitsapart.measures.cross_entropy",
    "cross_entropy_scorer": "bitsapart.scoring.scorers",
    "entropy": "bitsapart.measures.entropy",
    "estimate": "bitsapart.estimate",
    "expected_information_gain": "bitsapart.fitting.gain.bayesian_gain",
    "f_divergence": "bitsapart.measures.f_divergence",
    "fit": "bitsapart.fitting.fit",
    "hellinger_distance": "bitsapart.measures.hellinger",
    "i_projection": "bitsapart.projection.i_projection",
    "information_gain": "bitsapart.measures.kl_divergence",
    "jeffreys_divergence": "bitsapart.measures.jeffreys",
    "joint_entropy": "bitsapart.measures.mutual_information",
    "js_distance": "bitsapart.measures.jensen_shannon",
    "js_divergence": "bitsapart.measures.jensen_shannon",
    "kl_divergence": "bitsapart.measures.kl_divergence",
    "mutual_information": "bitsapart.measures.mutual_information",
    "neyman_chi_squared_divergence": "bitsapart.measures.chi_squared",
    "perplexity": "bitsapart.measures.perplexity",
    "profile": "bitsapart.comparison.compare",
    "relate": "bitsapart.measures.relation",
    "renyi_divergence": "bitsapart.measures.renyi",
    "renyi_entropy": "bitsapart.measures.renyi",
    "reweighting": "bitsapart.comparison.reweighting",
    "score": "bitsapart.scoring.score",
    "skill_scorer": "bitsapart.scoring.scorers",
    "squared_hellinger": "bitsapart.measures.hellinger",
    "surprisal": "bitsapart.measures.surprisal",
    "total_correlation": "bitsapart.measures.mutual_information",
    "total_variation": "bitsapart.measures.total_variation",
    "tsallis_divergence": "bitsapart.measures.tsallis",
    "tsallis_entropy": "bitsapart.measures.tsallis",
    **FAMILIES,
}

__all__ = sorted(HOMES)


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"bitsapart has no {name!r}; it has {', '.join(HOMES)}")
    home = import_module(HOMES[name])
    value = globals()[name] = home if HOMES[name] == f"bitsapart.{name}" else getattr(home, name)
    return value


def __dir__() -> list[str]:
    return __all__
