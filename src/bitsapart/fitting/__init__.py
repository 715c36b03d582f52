"""The member of a family that is closest to a target, what is lost, and how sure that is; prior to posterior."""
