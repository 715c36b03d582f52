"""How many bits one distribution is apart from another: how sure, and what is responsible.

    cross-entropy H(P, Q)  =  entropy H(P)  +  divergence KL(P || Q)

Importing this package imports nothing heavy: every name below is loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitsapart import estimate as estimate
    from bitsapart.comparison.compare import compare as compare
    from bitsapart.comparison.compare import profile as profile
    from bitsapart.comparison.comparison import ColumnShift as ColumnShift
    from bitsapart.comparison.comparison import Comparison as Comparison
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
    "BitsapartError": "bitsapart.values.errors",
    "ColumnShift": "bitsapart.comparison.comparison",
    "Comparison": "bitsapart.comparison.comparison",
    "DataError": "bitsapart.values.errors",
    "Estimate": "bitsapart.values.estimate",
    "ModelComparison": "bitsapart.model_comparison.result",
    "ModelRanking": "bitsapart.model_comparison.result",
    "Profile": "bitsapart.values.profile",
    "RecalibratedClassifier": "bitsapart.scoring.recalibrated_classifier",
    "Relation": "bitsapart.measures.relation",
    "Score": "bitsapart.scoring.result",
    "Unit": "bitsapart.values.unit",
    "UsageError": "bitsapart.values.errors",
    "alpha_divergence": "bitsapart.measures.alpha",
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
    "f_divergence": "bitsapart.measures.f_divergence",
    "hellinger_distance": "bitsapart.measures.hellinger",
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
    "score": "bitsapart.scoring.score",
    "skill_scorer": "bitsapart.scoring.scorers",
    "squared_hellinger": "bitsapart.measures.hellinger",
    "surprisal": "bitsapart.measures.surprisal",
    "total_correlation": "bitsapart.measures.mutual_information",
    "total_variation": "bitsapart.measures.total_variation",
    "tsallis_divergence": "bitsapart.measures.tsallis",
    "tsallis_entropy": "bitsapart.measures.tsallis",
}

__all__ = [*HOMES]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"bitsapart has no {name!r}; it has {', '.join(HOMES)}")
    home = import_module(HOMES[name])
    value = globals()[name] = home if HOMES[name] == f"bitsapart.{name}" else getattr(home, name)
    return value


def __dir__() -> list[str]:
    return __all__
