"""Recalibration maps under log score: one map a file, cross-fitted and chosen inside the folds."""

from bitsapart.scoring.recalibration.recalibrated import MAPS, Recalibrated, recalibrated

__all__ = ["MAPS", "Recalibrated", "recalibrated"]
