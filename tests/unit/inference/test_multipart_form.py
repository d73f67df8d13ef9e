"""Multipart forms as browsers and curl -F send them."""

import base64

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import multipart_form as forms
from inference.errors import InvalidForm, ServiceError, UnsupportedMedia
from inference.http_message import Message
from tests import recipe
from tests.messages import decode, form, png

SEVEN = recipe.drawn(7)
DATA = 'Content-Disposition: form-data; name="data"'
PIXELS = SEVEN.tobytes()


def unpacked(message: Message) -> Message:
    (field,) = forms.decode(message, "image, pixels or JSON")
    return field


def test_the_field_data_becomes_the_message() -> None:
    message = unpacked(form((f'{DATA}; filename="7.png"\r\nContent-Type: image/png', png(SEVEN[0]))))
    assert (message.body, message.content_type) == (png(SEVEN[0]), "image/png")


@pytest.mark.parametrize(
    "headers",
    [
        DATA,
        DATA.lower().replace("form-data", "FORM-DATA"),
        'Content-Type: application/octet-stream\r\nContent-Disposition: form-data; filename="7"; name=data',
        f"{DATA}\r\nContent-Type: Application/Octet-Stream",
    ],
)
@pytest.mark.parametrize("boundary", ["b", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "'()+_,-./:=?"])
def test_headers_in_any_order_and_case(headers: str, boundary: str) -> None:
    message = form((headers, PIXELS), boundary=boundary)
    quoted = Message(message.body, f'multipart/form-data; boundary="{boundary}"')
    assert np.array_equal(decode(quoted).rows, SEVEN)


def test_what_httpx_sends() -> None:
    request = httpx.Request("POST", "http://x", files={"data": ("7.bin", PIXELS)}, data={"note": "a 7"})
    message = Message(request.read(), request.headers["content-type"])
    assert np.array_equal(decode(message).rows, SEVEN)


def test_other_fields_are_passed_over() -> None:
    message = form(('Content-Disposition: form-data; name="note"', b"a 7"), (DATA, PIXELS), (DATA, b""))
    assert unpacked(message).body == PIXELS


def test_two_files_are_two_examples_in_their_order() -> None:
    two = recipe.drawn(7, 2)
    assert np.array_equal(decode(form((DATA, png(two[0])), (DATA, png(two[1])))).rows, two)
    assert np.array_equal(decode(form((DATA, two[0].tobytes()), (DATA, two[1].tobytes()))).rows, two)


def test_several_fields_of_different_kinds_are_refused() -> None:
    with pytest.raises(InvalidForm, match="2 form fields data are neither all image files nor all raw"):
        decode(form((DATA, png(SEVEN[0])), (DATA, PIXELS)))


def test_the_field_may_come_after_many_others() -> None:
    others = [(f'Content-Disposition: form-data; name="note{number}"', b"a 7") for number in range(900)]
    assert np.array_equal(decode(form(*others, (DATA, PIXELS))).rows, SEVEN)


def test_lines_may_end_in_a_line_feed_alone() -> None:
    body = b"--b\n" + DATA.encode() + b"\nContent-Type: image/png\n\n" + png(SEVEN[0]) + b"\n--b--\n"
    assert np.array_equal(decode(Message(body, "multipart/form-data; boundary=b")).rows, SEVEN)


def test_a_field_in_base64_is_decoded() -> None:
    text = base64.encodebytes(png(SEVEN[0])).replace(b"\n", b"\r\n")
    assert np.array_equal(decode(form((f"{DATA}\r\nContent-Transfer-Encoding: base64", text))).rows, SEVEN)


@pytest.mark.parametrize("content", [b"\r\n", b"--b-78", b"\r\n--b-78", b"\r\n\r\n", b"a%zzb&c=", b""])
def test_content_that_looks_like_a_form_is_kept_whole(content: bytes) -> None:
    assert unpacked(form((DATA, content))).body == content


def test_the_headers_of_the_request_stay() -> None:
    message = form((DATA, PIXELS))
    assert unpacked(Message(message.body, message.content_type, {"a": "b"})).headers == {"a": "b"}


WHOLE = form((DATA, PIXELS))
# name -> (body, content type, parts of the message)
BAD = {
    "no boundary": (WHOLE.body, "multipart/form-data", "has no boundary"),
    "an empty boundary": (WHOLE.body, 'multipart/form-data; boundary=""', "has no boundary"),
    "a boundary that is not ASCII": (WHOLE.body, "multipart/form-data; boundary=ü", "has no boundary"),
    "another boundary": (WHOLE.body, "multipart/form-data; boundary=other", "begins and ends with the boundary"),
    "an empty body": (b"", WHOLE.content_type, "begins and ends with the boundary"),
    "no end": (WHOLE.body[:-6], WHOLE.content_type, "begins and ends with the boundary"),
    "no parts": (b"--b-784--\r\n", WHOLE.content_type, "begins and ends with the boundary"),
    "1,000 parts": (form(*[("A: b", b"")] * 1000).body, WHOLE.content_type, "over 998 parts"),
    "another field": (
        form(('Content-Disposition: form-data; name="image"', PIXELS)).body,
        WHOLE.content_type,
        "no field data",
    ),
    "a part without a name": (form(("Content-Type: image/png", PIXELS)).body, WHOLE.content_type, "no field data"),
    "a part without headers": (
        b"--b-784\r\nhello\r\n--b-784--\r\n",
        WHOLE.content_type,
        "no empty line after its headers",
    ),
    "long headers": (
        form((f"{DATA}\r\nA: {'b' * 5000}", b"")).body,
        WHOLE.content_type,
        "no empty line after its headers",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_form_that_cannot_be_read_is_refused_by_name(name: str) -> None:
    body, content_type, words = BAD[name]
    with pytest.raises(InvalidForm, match=words) as refused:
        unpacked(Message(body, content_type))
    assert "-F data=@FILE" in refused.value.hint


def with_header(header: bytes, content: bytes) -> Message:
    body = b"--b-784\r\n" + DATA.encode() + b"\r\n" + header + b"\r\n\r\n" + content + b"\r\n--b-784--\r\n"
    return Message(body, WHOLE.content_type)


@pytest.mark.parametrize("header", [b"Content-Type: image/\xff", b"Content-Disposition: form-data; name=\xff", b"\xff"])
def test_headers_that_are_not_ascii_do_no_harm(header: bytes) -> None:
    assert np.array_equal(decode(with_header(header, png(SEVEN[0]))).rows, SEVEN)


def test_a_type_that_is_not_ascii_is_one_that_nobody_reads() -> None:
    with pytest.raises(UnsupportedMedia, match="image/"):
        decode(with_header(b"Content-Type: image/\xff", PIXELS))


FRAME = (b"--b", b"\r\n", b"\r\n\r\n", b"--", DATA.encode(), b"Content-Type: ", b"; name*=utf-8''%FF")
ODD = (b"; name*0=da; name*1=ta", b"; name*x*=", b'; name="', b"\\", b"=?utf-8?b?/w==?=", b"\xff", b"image/png")
pieces = st.lists(st.one_of(st.sampled_from(FRAME + ODD), st.binary(max_size=8)), max_size=20).map(b"".join)
boundaries = st.one_of(
    st.sampled_from(["b", '"b"', "", "b; boundary*=utf-8''b", "b\r\n", "ü"]), st.text(max_size=8)
).map("multipart/form-data; boundary={}".format)


@settings(max_examples=300, deadline=None)
@given(body=pieces, content_type=boundaries, framed=st.booleans())
@pytest.mark.filterwarnings("ignore")  # as in a worker: Pillow warns of broken metadata and continues
def test_any_form_is_read_or_refused(body: bytes, content_type: str, framed: bool) -> None:
    whole = b"--b\r\n" + DATA.encode() + b"\r\n" + body + b"\r\n--b--" if framed else body
    try:
        request = decode(Message(whole, content_type))
    except ServiceError as error:
        status = error.status
    else:
        status = 200 if len(request.rows) else 0
    assert status in (200, 400, 413, 415)


@pytest.mark.parametrize(("fields", "charged"), [(14, []), (15, [17 * 40e-6])])
def test_many_parts_are_charged_before_they_are_read(fields: int, charged: list[float]) -> None:
    costs: list[float] = []
    forms.decode(form(*[(DATA, PIXELS)] * fields), "image", costs.append)
    assert costs == pytest.approx(charged)
