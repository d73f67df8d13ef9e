"""Errors of the data, shown to the user in one line."""


class DataError(Exception):
    """Training data that is missing, broken or too small. The message has the cause and the remedy."""
