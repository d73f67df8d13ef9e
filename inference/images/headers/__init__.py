"""Limits of image files that must hold before Pillow opens them, for it reads a whole header in Python."""

from inference.images.headers import gif, jpeg, png, tiff

_CHECKS = (
    (b"\xff\xd8\xff", jpeg.passes),
    (b"\x89PNG\r\n\x1a\n", png.passes),
    (b"GIF8", gif.passes),
    (b"II", tiff.passes),
    (b"MM", tiff.passes),
)


def passes(data: bytes) -> int:
    """Return how often a decoder goes over all pixels of an image file: the scans of a JPEG, else 1.

    Raises TooLarge or InvalidImage for a file whose structure takes longer to read than any honest file's.
    """
    for magic, check in _CHECKS:
        if data.startswith(magic):
            return check(data)
    return 1
