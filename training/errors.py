"""What can go wrong with the data, told to the person at the keyboard in one line."""


class DataError(Exception):
    """Training data that is missing, broken or too small. The message says what was tried and what to do."""
