"""Three nodes and an edge on one machine, each in a network of its own, and what clients notice of faults."""
