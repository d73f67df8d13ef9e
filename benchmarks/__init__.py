"""Benchmarks of this service and its peers on one machine."""
