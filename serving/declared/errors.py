"""The error of a folder that declares no model that can be served."""

from serving.errors import UserError


class DeclarationError(UserError):
    """One line: the file, the key, its value, and what to write instead."""
