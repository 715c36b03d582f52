"""Whether two samples differ: tests of no difference, and of a difference below a tolerance."""
