"""Preprocessing that a declaration selects: tables and images."""
