"""Latency of predictions beside explanations, in every arrangement that keeps them apart."""
