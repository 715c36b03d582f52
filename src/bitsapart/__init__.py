"""How many bits one distribution is apart from another: how sure, and what is responsible.

    cross-entropy H(P, Q)  =  entropy H(P)  +  divergence KL(P || Q)

Importing this package imports nothing heavy: every name below is loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitsapart.comparison.compare import compare as compare
    from bitsapart.comparison.compare import profile as profile
    from bitsapart.comparison.comparison import ColumnShift as ColumnShift
    from bitsapart.comparison.comparison import Comparison as Comparison
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
    "Profile": "bitsapart.values.profile",
    "Unit": "bitsapart.values.unit",
    "UsageError": "bitsapart.values.errors",
    "compare": "bitsapart.comparison.compare",
    "profile": "bitsapart.comparison.compare",
}

__all__ = [*HOMES]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"bitsapart has no {name!r}; it has {', '.join(HOMES)}")
    value = globals()[name] = getattr(import_module(HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
