"""Scopes and limits of a client, which are set with its key, and their defaults."""

SCOPES = ("predict", "explain")
# All keys of a client share these limits.
LIMITS = ("rate", "concurrent", "explanations", "heavy", "per_day", "per_month")
RATE = 1000  # requests per second
CONCURRENT, EXPLANATIONS, HEAVY = 128, 8, 2  # at once: requests, explanations, expensive requests
DAYS, MOST_DAYS = 365, 3650  # until a key expires
