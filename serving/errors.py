"""Base of the errors that a command in scripts/ reports in one sentence, without a traceback."""


class UserError(Exception):
    """Error with the cause and the remedy."""
