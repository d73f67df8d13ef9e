"""Base of the errors that a command in scripts/ reports in one sentence, without a traceback."""


class UserError(Exception):
    """An error that says what is wrong and what to do about it."""
