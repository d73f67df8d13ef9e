"""List of all attacks, in the order of the report."""

import ssl
from collections.abc import Callable
from functools import partial

from resilience.attacks import bodies, handshakes, images, posts, slow, streams
from resilience.attacks.attack import CONNECTIONS, ClientAttack
from resilience.attacks.bodies import MOST, SMALL
from resilience.attacks.posts import EXPLANATIONS, Post

_HEAVY = 8  # number of honest clients with photos
_KERNEL = f"{EXPLANATIONS}?method=kernel_shap&samples=2048"


def attacks() -> tuple[ClientAttack, ...]:
    return (
        ClientAttack("control", "control", "nothing: it only computes, on the same cores", _nothing, posts.computing),
        *_tls(),
        *_keys(),
        *_images(),
        *_bodies(),
        *_json(),
        *_slow(),
        *_memory(),
        *_crowds(),
        *_playground(),
    )


def find(name: str) -> ClientAttack:
    """Return an attack or a load of the warm-up by its name. Raises KeyError."""
    return {attack.name: attack for attack in (*attacks(), *warm_up())}[name]


def address(attack: ClientAttack) -> str:
    """Return the source address of an attack. Each has its own, so that limits per address do not affect the next."""
    return f"127.0.1.{1 + [other.name for other in (*attacks(), *warm_up())].index(attack.name)}"


def warm_up() -> tuple[ClientAttack, ...]:
    """Return the loads of honest clients that bring the memory of a node into its steady state."""

    def load(name: str, sends: str, make: Callable[[], Post], connections: int, times: int) -> ClientAttack:
        act = partial(posts.rounds, connections=connections, times=times)
        return ClientAttack(name, "warm-up", f"8 clients with {sends}", make, act, keys=_HEAVY)

    return (
        load("warm-large", "4,096 images as raw pixels", lambda: Post(bytes(784 * bodies.IMAGES)), 8, 4),
        load("warm-jpeg", "JPEG photos of 12 megapixels", lambda: Post(images.photo("JPEG")), 8, 8),
        load("warm-png", "PNG photos of 12 megapixels", lambda: Post(images.photo("PNG")), 8, 2),
        load("warm-raw", "raw pixels", lambda: Post(bytes(784)), 64, 100),
        load("warm-explain", "explanations", lambda: Post(bytes(784), path=_KERNEL), 8, 8),
    )


def _nothing() -> None:
    """Make no payload."""


def _post(name: str, kind: str, sends: str, make: Callable[[], Post], connections: int = CONNECTIONS) -> ClientAttack:
    """Return an attack in which each connection repeats one request with its key."""
    return ClientAttack(name, kind, sends, make, partial(posts.send, connections=connections))


def _tls() -> tuple[ClientAttack, ...]:
    def share(name: str, group: str, number: int) -> ClientAttack:
        sends = f"64 connections with ClientHellos of TLS 1.3 whose key share is of {group}"
        return ClientAttack(f"tls-{name}", "TLS", sends, partial(handshakes.hellos, number), handshakes.begin)

    def full(name: str, version: ssl.TLSVersion) -> ClientAttack:
        number = version.name.removeprefix("TLSv").replace("_", ".")
        sends = f"64 clients with handshakes of TLS {number}"
        return ClientAttack(f"tls-{name}", "TLS", sends, lambda: version, handshakes.complete)

    sends_half = "500 connections with half a ClientHello"
    begin_half = partial(handshakes.begin, connections=handshakes.HALF)
    return (
        share("ffdhe8192", "ffdhe8192", handshakes.FFDHE8192),
        share("ffdhe2048", "ffdhe2048", handshakes.FFDHE2048),
        share("p521", "P-521", handshakes.P521),
        share("x25519", "X25519", handshakes.X25519),
        full("full", ssl.TLSVersion.TLSv1_3),
        full("1.2", ssl.TLSVersion.TLSv1_2),
        ClientAttack("tls-half", "TLS", sends_half, handshakes.half, begin_half),
    )


def _keys() -> tuple[ClientAttack, ...]:
    def wrong(name: str, sends: str, header: Callable[[], str]) -> ClientAttack:
        sends = f"64 clients with {sends}"
        return ClientAttack(f"keys-{name}", "keys", sends, partial(posts.with_wrong_keys, header), posts.send)

    def without(name: str, sends: str, method: str, path: str) -> ClientAttack:
        request = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode()
        return ClientAttack(
            f"open-{name}", "open", f"64 clients without a key with {sends}", lambda: [request], posts.send
        )

    return (
        wrong("wrong", "unknown keys", posts.bearer),
        wrong("basic", "random Basic headers", posts.basic),
        without("metadata", "metadata of a model", "GET", "/v2/models/digits"),
        without("methods", "requests of a method that is not answered", "OPTIONS", "/predictions/digits"),
        without("paths", "requests of a path that does not exist", "POST", "/nothing"),
        without("probes", "requests of readiness", "GET", "/readyz"),
    )


def _images() -> tuple[ClientAttack, ...]:
    def one(name: str, sends: str, file: Callable[[], bytes]) -> ClientAttack:
        return _post(name, "image", f"64 connections with {sends}", lambda: Post(file()))

    plain = images.plain
    return (
        one("jpeg-scans", "a progressive JPEG of 10,000 empty scans", lambda: images.scans_jpeg(10_000)),
        one("tiff-strips", "a TIFF of 28x28 pixels and 1,000,000 strips", lambda: images.strips_tiff(1_000_000)),
        one("webp-lossless", "a WebP of 4096x4096 pixels in 38 bytes", images.lossless_webp),
        one("webp-lossy", "a lossy WebP of 4096x4096 pixels", lambda: plain("RGB", "WEBP", quality=50)),
        one("tiff-float", "a TIFF of 4096x4096 floats, LZMA", lambda: plain("F", "TIFF", compression="lzma")),
        one("tiff-zstd", "a TIFF of 4096x4096 floats, zstd", lambda: plain("F", "TIFF", compression="zstd")),
        one(
            "tiff-16-bit",
            "a TIFF of 4096x4096 pixels of 16 bits, LZMA",
            lambda: plain("I;16", "TIFF", compression="lzma"),
        ),
        one("png-16-bit", "a grey PNG of 4096x4096 pixels of 16 bits", lambda: plain("I;16", "PNG")),
        one("png-1-bit", "a PNG of 4096x4096 pixels of 1 bit", lambda: plain("1", "PNG")),
        one("gif", "a GIF of 4096x4096 pixels", lambda: plain("P", "GIF")),
        one("bmp-runs", "a BMP of 28x28 pixels and 5,000,000 runs", lambda: images.runs_bmp(5_000_000)),
        one("bmp-runs-small", "a BMP of 28x28 pixels and 6,900 runs", lambda: images.runs_bmp(6_900)),
        one("webp-megapixel", "a WebP of 1 megapixel", lambda: images.lossless_webp(1000)),
        one(
            "tiff-megapixel",
            "a TIFF of 1 megapixel of floats, LZMA",
            lambda: plain("F", "TIFF", 1000, compression="lzma"),
        ),
    )


def _bodies() -> tuple[ClientAttack, ...]:
    def one(name: str, sends: str, make: Callable[[], Post]) -> ClientAttack:
        return _post(name, "body", f"64 connections with {sends}", make)

    webp, uneven = images.lossless_webp, partial(images.uneven_png, 64)
    return (
        one("png-many", "4,096 unevenly lit PNG files of 64x64 pixels", lambda: bodies.instances(uneven())),
        one("png-tiny", "4,096 PNG files of 28x28 pixels", lambda: bodies.instances(images.even_png(28))),
        one("raw-many", "4,096 unevenly lit images as raw pixels", lambda: Post(images.uneven_raw(4096))),
        one("raw-small", "19 unevenly lit images as raw pixels", lambda: Post(images.uneven_raw(19))),
        one("tensor-webp", "a tensor of BYTES with a WebP of 4096x4096", lambda: bodies.tensor(webp(), 1)),
        one("tensor-png", "a tensor of BYTES with 4,096 PNG files of 64x64", lambda: bodies.tensor(uneven(), 4096)),
        one("multipart", "a form with a WebP of 4096x4096 pixels", lambda: bodies.multipart(webp())),
        one("form-type", "a form whose Content-Type has 14,000 semicolons", bodies.form_type),
        one("form-parts", "a form of 800 empty parts", bodies.form_parts),
        one("text-spaces", "a text of 11 kB of spaces", lambda: Post(bodies.SPACES)),
        one("text-comments", "a PNM file of 100 comments", lambda: Post(bodies.COMMENTS)),
        one("tensor-shape", "a tensor of 9,000 sides", bodies.shape),
        one("gzip-zeros", "10 kB that are 10 MB when unpacked", lambda: bodies.packed(bytes(MOST))),
        one("gzip-lists", "600 bytes that are 200,000 lists when unpacked", lambda: bodies.packed(bodies.LISTS)),
        one("data-url", "a data: URL of 10 MB of escapes", bodies.data_url),
    )


def _json() -> tuple[ClientAttack, ...]:
    units = (
        ("nested", "lists 500 deep", bodies.NESTED),
        ("objects", "empty objects", b"{}"),
        ("floats", "short floats", b"0.5"),
    )
    return tuple(
        _post(
            f"json-{name}{suffix}",
            "JSON",
            f"64 connections with {words} of {what}",
            partial(bodies.json, unit, size),
        )
        for suffix, words, size in (("", "10 MB", MOST), ("-small", "15 kB", SMALL))
        for name, what, unit in units
    )


def _slow() -> tuple[ClientAttack, ...]:
    def upload(name: str, sends: str, kind: slow.Upload) -> ClientAttack:
        return ClientAttack(f"body-{name}", "slow", sends, lambda: kind, slow.dribble)

    pace = "20 kB at once and a byte in 2 s of 10 MB"
    http2_sends, large = f"3 HTTP/2 connections of 100 streams with {pace}", lambda: Post(bytes(784 * bodies.IMAGES))
    return (
        upload("length", f"300 connections with {pace}", slow.LENGTH),
        upload("chunked", f"300 connections with {pace}, chunked", slow.CHUNKED),
        ClientAttack("body-http2", "slow", http2_sends, lambda: streams.SLOW, streams.hold),
        upload("short", "300 connections with a byte in 2 s of 15 kB", slow.SHORT),
        upload("unfinished", "180 x 10 MB without the last 1,000 bytes", slow.UNFINISHED),
        ClientAttack("head-slow", "slow", "300 connections with a byte in 2 s of a head", _nothing, slow.heads),
        ClientAttack("read-slow", "slow", "64 connections that read 1.5 MB at 1 kB/s", large, slow.reads),
    )


def _memory() -> tuple[ClientAttack, ...]:
    many, runs = "100 HTTP/2 connections of 100 streams without a key", partial(images.runs_bmp, 5_000_000)
    bodies_of_keys = _post(
        "bodies-keys", "body", "64 connections of 16 keys with bodies of 10 MB", lambda: Post(runs())
    )
    return (
        bodies_of_keys._replace(keys=16),
        ClientAttack("streams-heads", "memory", f"{many}, heads only", lambda: streams.HEADS, streams.hold),
        ClientAttack("streams-bodies", "memory", f"{many}, with 14 kB of body", lambda: streams.BODIES, streams.hold),
    )


def _crowds() -> tuple[ClientAttack, ...]:
    def crowd(name: str, sends: str, make: Callable[[], Post], explains: bool = True) -> ClientAttack:
        return _post(f"crowd-{name}", "crowd", f"64 {sends}", make)._replace(explains=explains)

    def photos(format_: str) -> ClientAttack:
        sends = f"8 clients with {format_} photos of 12 megapixels"
        make = partial(images.photo, format_)
        return _post(f"photos-{format_.lower()}", "honest", sends, lambda: Post(make()), _HEAVY)._replace(keys=_HEAVY)

    explained, photo = Post(bytes(784), path=_KERNEL), partial(images.photo, "JPEG")
    return (
        crowd("raw", "clients of one key with raw pixels", lambda: Post(bytes(784)), explains=False),
        crowd("explain", "clients of one key, kernel_shap of 2,048 samples", lambda: explained),
        crowd("photos", "explanations at once of photos of 12 megapixels", lambda: Post(photo(), path=EXPLANATIONS)),
        photos("JPEG"),
        photos("PNG"),
    )


def _playground() -> tuple[ClientAttack, ...]:
    def drawings(name: str, sends: str, file: Callable[[], bytes], connections: int) -> ClientAttack:
        act = partial(posts.send, connections=connections)
        make = partial(Post, path=posts.DRAWINGS)
        return ClientAttack(
            f"playground-{name}", "playground", sends, lambda: [make(file()).request()], act, playground=True
        )

    sends_slowly = "70 image files of 2 MB, 20 kB at once and a byte in 2 s"
    return (
        drawings("scans", "a JPEG of 4,000 scans, no key", lambda: images.scans_jpeg(4000), 1),
        drawings("webp", "18 WebP of 4096x4096 at once, no key", images.lossless_webp, 18),
        ClientAttack(
            "playground-slow", "playground", sends_slowly, lambda: slow.DRAWING, slow.dribble, playground=True
        ),
    )
