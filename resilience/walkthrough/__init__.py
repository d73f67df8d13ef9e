"""Commands of the operators' documentation, run on a node that gets requests of clients at the same time."""
