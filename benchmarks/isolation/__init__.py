"""Latency of predictions while explanations run, for several arrangements of workers."""
