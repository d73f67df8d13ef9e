"""An image file as the whole body."""

from model import image_file
from model.dialects.request import Request


def decode(body: bytes) -> Request:
    digit, treatment = image_file.read(body)
    return Request(digit[None], [treatment])
