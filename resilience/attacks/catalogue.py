"""All attacks, in the order of the report."""

import ssl

from resilience.attacks import bodies, handshakes, images, posts, slow, streams
from resilience.attacks.attack import ClientAttack
from resilience.attacks.bodies import MOST, SMALL

_HEAVY = 8  # honest clients with photos
_KERNEL = "method=kernel_shap&samples=2048"


def attacks() -> tuple[ClientAttack, ...]:
    return (
        *_controls(),
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
    """Return an attack or a load of the warm-up. Raises KeyError."""
    return {attack.name: attack for attack in (*attacks(), *warm_up())}[name]


def address(attack: ClientAttack) -> str:
    """Return the address that an attack comes from: each has its own, so that no limit is left over from another."""
    return f"127.0.1.{1 + [other.name for other in (*attacks(), *warm_up())].index(attack.name)}"


def warm_up() -> tuple[ClientAttack, ...]:
    """Return the loads of honest clients that bring a node's memory into its steady state."""

    def load(name: str, sends: str, make: bodies.Maker, connections: int, times: int) -> ClientAttack:
        return ClientAttack(
            name, "warm-up", f"8 clients with {sends}", posts.rounds(make, connections, times), keys=_HEAVY
        )

    raw = bodies.raw(lambda: bytes(784))
    return (
        load("warm-large", "4,096 images as raw pixels", bodies.raw(lambda: bytes(784 * bodies.IMAGES)), 8, 4),
        load("warm-jpeg", "JPEG photos of 12 megapixels", bodies.image(lambda: images.photo("JPEG")), 8, 8),
        load("warm-png", "PNG photos of 12 megapixels", bodies.image(lambda: images.photo("PNG")), 8, 2),
        load("warm-raw", "raw pixels", raw, 64, 100),
        load("warm-explain", "explanations", bodies.explained(raw, _KERNEL), 8, 8),
    )


def _controls() -> tuple[ClientAttack, ...]:
    return (ClientAttack("control", "control", "nothing: it only computes, on the same cores", posts.computing),)


def _tls() -> tuple[ClientAttack, ...]:
    hello = "64 connections with ClientHellos of TLS 1.3 whose key share is of"
    return (
        ClientAttack("tls-ffdhe8192", "TLS", f"{hello} ffdhe8192", handshakes.hellos(handshakes.FFDHE8192)),
        ClientAttack("tls-ffdhe2048", "TLS", f"{hello} ffdhe2048", handshakes.hellos(handshakes.FFDHE2048)),
        ClientAttack("tls-p521", "TLS", f"{hello} P-521", handshakes.hellos(handshakes.P521)),
        ClientAttack("tls-x25519", "TLS", f"{hello} X25519", handshakes.hellos(handshakes.X25519)),
        ClientAttack(
            "tls-full", "TLS", "64 clients with handshakes of TLS 1.3", handshakes.full(ssl.TLSVersion.TLSv1_3)
        ),
        ClientAttack(
            "tls-1.2", "TLS", "64 clients with handshakes of TLS 1.2", handshakes.full(ssl.TLSVersion.TLSv1_2)
        ),
        ClientAttack("tls-half", "TLS", "500 connections with half a ClientHello", handshakes.half),
    )


def _keys() -> tuple[ClientAttack, ...]:
    def open_(name: str, sends: str, method: str, path: str) -> ClientAttack:
        return ClientAttack(
            f"open-{name}", "open", f"64 clients without a key with {sends}", posts.without_key(method, path)
        )

    return (
        ClientAttack("keys-wrong", "keys", "64 clients with unknown keys", posts.with_wrong_key(posts.bearer)),
        ClientAttack("keys-basic", "keys", "64 clients with random Basic headers", posts.with_wrong_key(posts.basic)),
        open_("metadata", "metadata of a model", "GET", "/v2/models/digits"),
        open_("methods", "requests of a method that is not answered", "OPTIONS", "/predictions/digits"),
        open_("paths", "requests of a path that does not exist", "POST", "/nothing"),
        open_("probes", "requests of readiness", "GET", "/readyz"),
    )


def _images() -> tuple[ClientAttack, ...]:
    def one(name: str, sends: str, file: images.File) -> ClientAttack:
        return ClientAttack(name, "image", f"64 connections with {sends}", posts.posts(bodies.image(file)))

    return (
        one("jpeg-scans", "a progressive JPEG of 10,000 empty scans", lambda: images.scans_jpeg(10_000)),
        one("tiff-strips", "a TIFF of 28x28 pixels and 1,000,000 strips", lambda: images.strips_tiff(1_000_000)),
        one("webp-lossless", "a WebP of 4096x4096 pixels in 38 bytes", images.lossless_webp),
        one("webp-lossy", "a lossy WebP of 4096x4096 pixels", images.lossy_webp),
        one("tiff-float", "a TIFF of 4096x4096 floats, LZMA", images.float_tiff),
        one("tiff-zstd", "a TIFF of 4096x4096 floats, zstd", images.zstd_tiff),
        one("tiff-16-bit", "a TIFF of 4096x4096 pixels of 16 bits, LZMA", images.deep_tiff),
        one("png-16-bit", "a grey PNG of 4096x4096 pixels of 16 bits", images.deep_png),
        one("png-1-bit", "a PNG of 4096x4096 pixels of 1 bit", images.one_bit_png),
        one("gif", "a GIF of 4096x4096 pixels", images.gif),
        one("bmp-runs", "a BMP of 28x28 pixels and 5,000,000 runs", lambda: images.runs_bmp(5_000_000)),
        one("bmp-runs-small", "a BMP of 28x28 pixels and 6,900 runs", lambda: images.runs_bmp(6_900)),
        one("webp-megapixel", "a WebP of 1 megapixel", lambda: images.lossless_webp(1000)),
        one("tiff-megapixel", "a TIFF of 1 megapixel of floats, LZMA", lambda: images.float_tiff(1000)),
    )


def _bodies() -> tuple[ClientAttack, ...]:
    def one(name: str, sends: str, make: bodies.Maker) -> ClientAttack:
        return ClientAttack(name, "body", f"64 connections with {sends}", posts.posts(make))

    even, uneven = (lambda: images.even_png(28)), (lambda: images.uneven_png(64))
    return (
        one("png-many", "4,096 unevenly lit PNG files of 64x64 pixels", bodies.instances(uneven)),
        one("png-tiny", "4,096 PNG files of 28x28 pixels", bodies.instances(even)),
        one("raw-many", "4,096 unevenly lit images as raw pixels", bodies.raw(lambda: images.uneven_raw(4096))),
        one("raw-small", "19 unevenly lit images as raw pixels", bodies.raw(lambda: images.uneven_raw(19))),
        one("tensor-webp", "a tensor of BYTES with a WebP of 4096x4096", bodies.tensor(images.lossless_webp, 1)),
        one("tensor-png", "a tensor of BYTES with 4,096 PNG files of 64x64", bodies.tensor(uneven, 4096)),
        one("multipart", "a form with a WebP of 4096x4096 pixels", bodies.multipart(images.lossless_webp)),
        one("form-type", "a form whose Content-Type has 14,000 semicolons", bodies.form_type),
        one("form-parts", "a form of 800 empty parts", bodies.form_parts),
        one("text-spaces", "a text of 11 kB of spaces", bodies.text(bodies.SPACES)),
        one("text-comments", "a PNM file of 100 comments", bodies.text(bodies.COMMENTS)),
        one("tensor-shape", "a tensor of 9,000 sides", bodies.shape),
        one("gzip-zeros", "10 kB that are 10 MB when unpacked", bodies.packed(lambda: bytes(MOST))),
        one("gzip-lists", "600 bytes that are 200,000 lists when unpacked", bodies.packed(bodies.lists)),
        one("data-url", "a data: URL of 10 MB of escapes", bodies.data_url),
    )


def _json() -> tuple[ClientAttack, ...]:
    units = (
        ("nested", "lists 500 deep", bodies.NESTED),
        ("objects", "empty objects", bodies.OBJECT),
        ("floats", "short floats", bodies.FLOAT),
    )
    sizes = (("", "10 MB", MOST), ("-small", "15 kB", SMALL))
    return tuple(
        ClientAttack(
            f"json-{name}{suffix}",
            "JSON",
            f"64 connections with {words} of {what}",
            posts.posts(bodies.json(unit, size)),
        )
        for suffix, words, size in sizes
        for name, what, unit in units
    )


def _slow() -> tuple[ClientAttack, ...]:
    pace = "20 kB at once and a byte in 2 s of 10 MB"
    return (
        ClientAttack("body-length", "slow", f"300 connections with {pace}", slow.uploads(slow.LENGTH)),
        ClientAttack("body-chunked", "slow", f"300 connections with {pace}, chunked", slow.uploads(slow.CHUNKED)),
        ClientAttack(
            "body-http2", "slow", f"3 HTTP/2 connections of 100 streams with {pace}", streams.streams(streams.SLOW)
        ),
        ClientAttack("body-short", "slow", "300 connections with a byte in 2 s of 15 kB", slow.uploads(slow.SHORT)),
        ClientAttack(
            "body-unfinished", "slow", "180 x 10 MB without the last 1,000 bytes", slow.uploads(slow.UNFINISHED)
        ),
        ClientAttack("head-slow", "slow", "300 connections with a byte in 2 s of a head", slow.heads),
        ClientAttack("read-slow", "slow", "64 connections that read 1.5 MB at 1 kB/s", slow.reads),
    )


def _memory() -> tuple[ClientAttack, ...]:
    many = "100 HTTP/2 connections of 100 streams without a key"
    runs = bodies.image(lambda: images.runs_bmp(5_000_000))
    return (
        ClientAttack(
            "bodies-keys", "body", "64 connections of 16 keys with bodies of 10 MB", posts.posts(runs), keys=16
        ),
        ClientAttack("streams-heads", "memory", f"{many}, heads only", streams.streams(streams.HEADS)),
        ClientAttack("streams-bodies", "memory", f"{many}, with 14 kB of body", streams.streams(streams.BODIES)),
    )


def _crowds() -> tuple[ClientAttack, ...]:
    raw = bodies.raw(lambda: bytes(784))
    jpeg, png = bodies.image(lambda: images.photo("JPEG")), bodies.image(lambda: images.photo("PNG"))
    explained, photos = bodies.explained(raw, _KERNEL), bodies.explained(jpeg, "")
    return (
        ClientAttack("crowd-raw", "crowd", "64 clients of one key with raw pixels", posts.posts(raw)),
        ClientAttack(
            "crowd-explain",
            "crowd",
            "64 clients of one key, kernel_shap of 2,048 samples",
            posts.posts(explained),
            explains=True,
        ),
        ClientAttack(
            "crowd-photos",
            "crowd",
            "64 explanations at once of photos of 12 megapixels",
            posts.posts(photos),
            explains=True,
        ),
        ClientAttack(
            "photos-jpeg",
            "honest",
            "8 clients with JPEG photos of 12 megapixels",
            posts.posts(jpeg, _HEAVY),
            keys=_HEAVY,
        ),
        ClientAttack(
            "photos-png", "honest", "8 clients with PNG photos of 12 megapixels", posts.posts(png, _HEAVY), keys=_HEAVY
        ),
    )


def _playground() -> tuple[ClientAttack, ...]:
    scans, webp = posts.drawings(lambda: images.scans_jpeg(4000), 1), posts.drawings(images.lossless_webp, 18)
    return (
        ClientAttack("playground-scans", "playground", "a JPEG of 4,000 scans, no key", scans, playground=True),
        ClientAttack("playground-webp", "playground", "18 WebP of 4096x4096 at once, no key", webp, playground=True),
        ClientAttack(
            "playground-slow",
            "playground",
            "70 image files of 2 MB, 20 kB at once and a byte in 2 s",
            slow.uploads(slow.DRAWING),
            playground=True,
        ),
    )
