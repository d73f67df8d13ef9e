"""An image file as the whole body."""

from model import image_file
from model.cost import Charge, free
from model.dialects.request import Request


def decode(body: bytes, charge: Charge = free) -> Request:
    digit, treatment = image_file.read(body, charge=charge)
    return Request(digit[None], [treatment])
