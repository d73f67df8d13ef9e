"""Handmade ClientHellos, read by a real TLS server."""

import ssl
from pathlib import Path

import pytest

from resilience.attacks.handshakes import FFDHE2048, FFDHE8192, P521, X25519, hello
from serving.gateway import certificate


@pytest.mark.parametrize("group", [X25519, P521, FFDHE2048, FFDHE8192])
def test_a_server_answers_with_its_half_of_the_handshake(tmp_path: Path, group: int) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.self_signed(tmp_path, "127.0.0.1"))
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    received.write(hello(group))
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(received, sent, server_side=True).do_handshake()
    answer = sent.read()
    assert (answer[0], answer[5]) == (22, 2)  # a handshake record with a ServerHello
    assert answer[11:43] != bytes.fromhex(
        "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
    )  # no retry
