"""Errors in training data. The user sees them as one line."""


class DataError(Exception):
    """Error in training data: missing, broken or too small. The message names the cause and the remedy."""
