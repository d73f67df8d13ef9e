"""The limits of an image file's structure."""

from collections.abc import Mapping

from inference.errors import TooLarge

MOST_EXIF = 256 * 1024  # bytes; a camera's fit in one JPEG segment of 64 kB


def check(format_: str, counts: Mapping[str, int], limits: Mapping[str, int]) -> None:
    """Raise TooLarge if a count is above its limit. Both have as keys what the message names."""
    for what, count in counts.items():
        if count > limits[what]:
            raise TooLarge(
                f"the {format_} file has {count:,} {what}, more than {limits[what]:,}",
                f"save the image as a plain {format_} or PNG file, without metadata",
            )
