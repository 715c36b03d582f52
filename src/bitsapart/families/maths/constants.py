"""Logarithms that log densities share."""

import math

LOG_2 = math.log(2.0)
LOG_2_PI = math.log(2.0 * math.pi)
HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)
EULER = 0.5772156649015329
"""Euler's constant, -digamma(1)."""
