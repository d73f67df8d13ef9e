"""Blocks of a GIF file up to its second frame (GIF89a, 1990), read in the same way as Pillow does."""

from inference.images.headers import limit

_LIMITS = {"blocks": 65_536}  # encoders write 255 bytes a block
_EXTENSION, _FRAME, _END = b"!,;"
_COMMENT, _APPLICATION = 254, 255


def passes(data: bytes) -> int:
    """Return 1. Raises TooLarge for too many blocks."""
    blocks = _Blocks(data)
    frames = 0
    while frames < 2 and (kind := blocks.byte()) not in (_END, None):
        if kind == _EXTENSION:
            _skip_extension(blocks, first=frames == 0)
        elif kind == _FRAME:
            frames += 1
            blocks.skip_frame()
    return 1


def _skip_extension(blocks: "_Blocks", *, first: bool) -> None:
    label, block = blocks.byte(), blocks.next()
    if label == _APPLICATION and first and block.startswith(b"NETSCAPE2.0"):
        blocks.next()
    if block or label != _COMMENT:
        blocks.skip()


class _Blocks:
    """Position in the file, which begins at the first byte after the global palette."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 13 + _palette_size(data[10] if len(data) > 10 else 0)
        self._count = 0

    def byte(self) -> int | None:
        """Return the next byte, None at the end of the file."""
        self._count += 1
        limit.check("GIF", {"blocks": self._count}, _LIMITS)
        if self._position >= len(self._data):
            return None
        self._position += 1
        return self._data[self._position - 1]

    def next(self) -> bytes:
        """Return the content of the next block. It is empty at the end of a sequence of blocks."""
        start = self._position + 1
        self._position = start + (self.byte() or 0)
        return self._data[start : self._position]

    def skip(self) -> None:
        """Skip the rest of a sequence of blocks."""
        while self.next():
            pass

    def skip_frame(self) -> None:
        """Skip a frame, from the byte after its separator."""
        flags = self._data[self._position + 8 : self._position + 9] or b"\0"
        self._position += 9 + _palette_size(flags[0]) + 1
        self.skip()


def _palette_size(flags: int) -> int:
    """Return the size in bytes of the palette, from the flags of a descriptor."""
    return 6 << (flags & 7) if flags & 128 else 0
