"""Damage that leaves a file of weights valid, but changes the function of the network."""

_LAST_ROW = 256  # weights of the last class of the network


def spoilt(weights: bytes) -> bytes:
    """Return a safetensors file with one exponent bit changed in each weight of the last class.

    One changed weight is not enough, because its input may be 0 for each golden sample.
    """
    changed = bytearray(weights)
    for at in range(len(changed) - 4 * _LAST_ROW + 2, len(changed), 4):  # float32, little-endian
        changed[at] ^= 0x80
    return bytes(changed)
