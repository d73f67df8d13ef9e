"""Assumptions of the capacity table in docs/operations.md."""

LOADS = (1_000, 10_000, 100_000, 1_000_000)  # predictions a second
UTILISATION = 0.6  # planned share of the throughput of a node
PRICE = 0.10  # of one node for one hour
