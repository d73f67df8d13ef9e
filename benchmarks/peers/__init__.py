"""Peers: other servers with the same weights and answers, each with its best settings."""
