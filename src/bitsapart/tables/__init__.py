"""Tables: from a path or an object to a plan and to histograms. The only room that touches raw data."""
