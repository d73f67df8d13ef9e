"""Measurements of the service under faults and attacks."""
