"""Damage that leaves a file of weights whole and makes another function of it."""

_LAST_ROW = 256  # weights of the network's last class


def spoilt(weights: bytes) -> bytes:
    """Return a safetensors file with an exponent bit turned in each of the last class's weights.

    One weight would not do: its input may be 0 for every golden sample.
    """
    changed = bytearray(weights)
    for at in range(len(changed) - 4 * _LAST_ROW + 2, len(changed), 4):  # float32, little-endian
        changed[at] ^= 0x80
    return bytes(changed)
