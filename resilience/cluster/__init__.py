"""Cluster of three nodes and an edge on one machine, each in its own network, under faults."""
