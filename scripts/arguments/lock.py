"""Resolve requirements/*.in into locks with hashes. Needs uv on PATH; no other command does."""
