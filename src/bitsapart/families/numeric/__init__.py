"""Sums, quadrature and quasi-Monte Carlo, each with the error of its answer."""
