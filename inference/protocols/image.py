"""An image file as the whole body."""

from inference.cost import Charge, free
from inference.images import image_file
from inference.protocols.request import Request


def decode(body: bytes, charge: Charge = free) -> Request:
    digit, treatment = image_file.read(body, charge=charge)
    return Request(digit[None], [treatment])
