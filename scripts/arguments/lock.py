"""Resolve requirements/*.in into locks with hashes. Needs uv, on PATH or from scripts/test."""
