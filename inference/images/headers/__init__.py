"""Limits for the headers of image files, checked before Pillow opens a file, because it reads the header in Python."""

from inference.images.headers import gif, jpeg, png, tiff

_CHECKS = (
    (b"\xff\xd8\xff", jpeg.passes),
    (b"\x89PNG\r\n\x1a\n", png.passes),
    (b"GIF8", gif.passes),
    (b"II", tiff.passes),
    (b"MM", tiff.passes),
)


def passes(data: bytes) -> int:
    """Return the number of passes of a decoder over all pixels: the scans of a JPEG, 1 for other formats.

    Raises TooLarge or InvalidImage for a structure that takes longer to read than that of any usual file.
    """
    for magic, check in _CHECKS:
        if data.startswith(magic):
            return check(data)
    return 1
