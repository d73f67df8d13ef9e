"""CPU time of decoding an image file, estimated from its header.

The figures were measured with Pillow 13 on one core of an AMD EPYC, for flat, periodic, photographic and random pixels.
Each figure is for the slowest of these, so most files take less time than estimated.
"""

from collections.abc import Callable, Mapping

from PIL import Image, TiffImagePlugin

MOST = 0.3  # seconds for one file: a 12-megapixel photo as PNG takes a little less

_FILE = 100e-6  # seconds for a file of any size
_PLAIN_FILE = 15e-6  # the same for a file that inference.images.plain_png reads
_PLAIN: Mapping[str, tuple[float, float]] = {"L": (2, 14), "RGB": (3, 7)}  # nanoseconds a pixel and a byte of these
_NANO = 1e-9
_WORST = 60.0  # nanoseconds a pixel for modes and formats that are in no table

# nanoseconds a pixel, by mode, for unpacking the decoded data and converting it to grey
_UNPACK: Mapping[str, float] = {
    "1": 3, "L": 4, "P": 6, "LA": 17, "PA": 17, "RGB": 9, "RGBX": 9, "RGBA": 16, "RGBa": 16, "CMYK": 15,
    "YCbCr": 12, "LAB": 12, "I": 17, "F": 18, "I;16": 13, "I;16B": 13, "I;16L": 13, "I;16N": 13,
}  # fmt: skip
_PNG: Mapping[str, float] = {"1": 3, "L": 7, "P": 7, "LA": 19, "RGB": 17, "RGBA": 25, "I;16": 12, "I": 12}
_TIFF_BYTE: Mapping[str, tuple[float, float]] = {  # nanoseconds a decoded byte and a byte of the file
    "raw": (0, 0),
    "packbits": (0.5, 1),
    "tiff_lzw": (0.5, 5),
    "tiff_adobe_deflate": (3, 6),
    "tiff_deflate": (3, 6),
    "zstd": (0.5, 2),
    "lzma": (4.5, 40),
    "jpeg": (2, 10),
    "tiff_jpeg": (2, 10),
    "group3": (3, 20),
    "group4": (3, 20),
    "tiff_ccitt": (3, 20),
}
_STRIP = 6e-6  # seconds a strip or tile
_PASS = 0.15  # nanoseconds a pixel and a component for each scan of a JPEG after the first
_RLE = (200.0, 450.0)  # nanoseconds a pixel and a byte: Pillow decodes it in Python
_BMP_RLE = (1, 2)


def seconds(image: Image.Image, data: bytes, passes: int = 1, side: int = 0) -> float:
    """Return the CPU seconds to decode an opened file and convert it to grey. Pillow has not loaded its pixels yet.

    data    bytes of the whole file
    passes  number of passes over all pixels, from ``headers.passes``
    side    pixels to which decoding may reduce the sides of a JPEG; 0: no reduction
    """
    pixels = float(image.width * image.height)
    if image.format in ("JPEG", "MPO"):
        return _FILE + _NANO * _jpeg(image, data, pixels, passes, side)
    estimate = _FORMATS.get(image.format or "")
    return _FILE + _NANO * (estimate(image, data, pixels) if estimate else _WORST * pixels)


def plain_png_seconds(mode: str, size: tuple[int, int], length: int) -> float:
    """Return the CPU seconds that ``inference.images.plain_png`` needs for a file of ``length`` bytes."""
    per_pixel, per_byte = _PLAIN[mode]
    return _PLAIN_FILE + _NANO * (size[0] * size[1] * per_pixel + per_byte * length)


def _png(image: Image.Image, data: bytes, pixels: float) -> float:
    deep = data[24] == 16 and not image.mode.startswith("I")
    return pixels * _PNG.get(image.mode, _WORST) * (1.4 if deep else 1.0) + 5.0 * len(data)


def _jpeg(image: Image.Image, data: bytes, pixels: float, passes: int, side: int) -> float:
    layers = len(image.getbands())
    reduced = side > 0 and min(image.size) // side >= 2  # the decoder makes a smaller image
    per_pixel = layers * ((0.8 if reduced else 1.8) + _PASS * (passes - 1)) + (
        0.0 if reduced else _UNPACK[image.mode] / 2
    )
    return pixels * per_pixel + (10.0 if passes == 1 else 35.0) * len(data)


def _gif(image: Image.Image, data: bytes, pixels: float) -> float:
    return 9.0 * pixels + 11.0 * min(float(len(data)), 2.0 * pixels)  # the rest are other frames


def _bmp(image: Image.Image, data: bytes, pixels: float) -> float:
    if image.info.get("compression") in _BMP_RLE:
        return _RLE[0] * pixels + _RLE[1] * len(data)
    return pixels * _UNPACK.get(image.mode, _WORST)


def _webp(image: Image.Image, data: bytes, pixels: float) -> float:
    """Return the nanoseconds. The figures also limit memory: 17 bytes a pixel are 115 MB at the limit of 0.3 s."""
    size = min(float(len(data)), 4.0 * pixels)  # the rest are other frames
    return 45.0 * pixels + (10.0 if data[12:16] == b"VP8L" else 45.0) * size


def _tiff(image: Image.Image, data: bytes, pixels: float) -> float:
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    decoded, file = _TIFF_BYTE.get(image.info.get("compression", ""), (_WORST, _WORST))
    pixels = max(pixels, _tiled(image))
    per_pixel = _UNPACK.get(image.mode, _WORST) + _depth(image) * decoded
    return pixels * per_pixel + file * len(data) + len(image.tile) * _STRIP / _NANO


def _depth(image: TiffImagePlugin.TiffImageFile) -> float:
    """Return the bytes of a decoded pixel."""
    bits = image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,))
    samples = max(len(bits), int(image.tag_v2.get(TiffImagePlugin.SAMPLESPERPIXEL, 1)))
    return float(max(bits) * samples) / 8.0


def _tiled(image: TiffImagePlugin.TiffImageFile) -> float:
    """Return the pixels of all tiles, which may extend beyond the image; 0 for an image without tiles."""
    width, height = (image.tag_v2.get(tag, 0) for tag in (TiffImagePlugin.TILEWIDTH, TiffImagePlugin.TILELENGTH))
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        return 0.0
    return float(-(-image.width // width) * width * -(-image.height // height) * height)


_FORMATS: Mapping[str, Callable[[Image.Image, bytes, float], float]] = {
    "PNG": _png,
    "GIF": _gif,
    "BMP": _bmp,
    "DIB": _bmp,
    "WEBP": _webp,
    "TIFF": _tiff,
}
