"""Pictures of every kind, by name."""

from training.digits.challenges import CHALLENGES

MAKERS = {name: make for name, make in CHALLENGES.items() if name != "scanned digits"}  # there is only one set of scans
FEW = 24
