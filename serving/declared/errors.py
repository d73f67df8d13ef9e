"""Error of a folder that declares no servable model."""

from serving.errors import UserError


class DeclarationError(UserError):
    """Error in one line: the file, the key, its value, and a remedy."""
