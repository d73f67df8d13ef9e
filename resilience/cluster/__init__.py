"""Cluster of three nodes and an edge on one machine, each in its own network, and the effect of faults on clients."""
