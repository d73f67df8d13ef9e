"""Mutation testing: put small faults into the code, and check that unit tests find them."""
