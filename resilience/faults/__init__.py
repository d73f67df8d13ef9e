"""Faults of one node under load, and their effect on its clients."""
