"""Assumptions of the capacity table in docs/operations.md."""

LOADS = (1_000, 10_000, 100_000, 1_000_000)  # predictions a second
UTILISATION = 0.6  # share of a node that is planned
PRICE = 0.10  # of a node's hour
