"""Limits in docs/playground.md."""

from playground import limits
from scripts.output import NICE
from serving import paths


def test_the_docs_have_the_limits() -> None:
    text = (paths.ROOT / "docs" / "playground.md").read_text()
    file = f"{limits.FILE_BYTES // 2**20} MiB, {limits.SIDE}x{limits.SIDE} pixels"
    rows = (
        f"| an image file | {file}, an estimated {limits.DECODE_SECONDS} s to decode |",
        f"| image files decoded at once | 1 | waits {limits.BUSY_SECONDS:.0f} s,",
        f"| concurrent requests | {limits.ANSWERED_AT_ONCE} | waits {limits.BUSY_SECONDS:.0f} s,",
        f"| received requests | {limits.RECEIVED_AT_ONCE} |",
        f"| request body | {limits.FILE_BYTES // 2**20} MiB, within {limits.BODY_SECONDS:.0f} s |",
        f"at nice {NICE},",
    )
    assert [row for row in rows if row not in text] == []
    assert limits.PIXELS == limits.SIDE**2
