"""Mutation testing: small faults are put into the code, and its unit tests must find them."""
