"""The same question from a shell."""

import shlex


def line(url: str, file: str) -> str:
    """The curl command that sends an image file to a URL with the key that scripts/keys puts into the shell."""
    return f'curl -H "Authorization: Bearer $INFERENCE_KEY" -T {shlex.quote(file)} {shlex.quote(url)}'
