"""Check of limits for the structure of an image file."""

from collections.abc import Mapping

from inference.errors import TooLarge

MOST_EXIF = 256 * 1024  # bytes; EXIF data of a camera fits in one JPEG segment of 64 kB


def check(format_: str, counts: Mapping[str, int], limits: Mapping[str, int]) -> None:
    """Raise TooLarge if a count is above its limit. The keys of both mappings are nouns for the message."""
    for what, count in counts.items():
        if count > limits[what]:
            raise TooLarge(
                f"the {format_} file has {count:,} {what}, more than {limits[what]:,}",
                f"save the image as a plain {format_} or PNG file, without metadata",
            )
