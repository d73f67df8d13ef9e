"""Limits of what a visitor can cost, and answers that are the service's own all the same."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import httpx
import numpy as np
import psutil
import pytest
from PIL import ExifTags, Image

from playground import background, limits
from tests.live import busy
from tests.live.conftest import Client
from tests.live.playground.questions import ask, config
from tests.live.playground.sheet import Sheet
from tests.pictures import FORMATS, animation, digit, png_16_bits, saved


def process(digits: Client) -> psutil.Process:
    found = background.find(digits.server.directory)
    assert found
    return psutil.Process(found.pid)


def on_paper(number: int, scale: int) -> Image.Image:
    """Dark ink on light paper."""
    return Image.fromarray(255 - np.asarray(digit(number, scale)))


def turned(image: Image.Image) -> bytes:
    """A photo of a camera that was held upright: its pixels lie on their side."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return saved(image.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


def on_glass(number: int, scale: int) -> Image.Image:
    """Black ink on nothing."""
    alpha = digit(number, scale).convert("L")
    ink = Image.new("RGBA", alpha.size)
    ink.putalpha(alpha)
    return ink


FILES = {
    **{f"{format_} {28 * scale}": saved(digit(7, scale), format_) for format_ in FORMATS for scale in (1, 9, 36)},
    "light 28": saved(on_paper(5, 1), "PNG"),
    "turned": turned(on_paper(2, 20)),
    "transparent": saved(on_glass(3, 20), "PNG"),
    "16 bits": png_16_bits(np.asarray(digit(4, 8)).astype(np.uint16) * 257),
    "animation": animation([digit(6, 5), digit(1, 5)], "GIF"),
    "blank": saved(Image.new("L", (100, 100), 90), "PNG"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_prediction_is_the_service_s_for_the_file_itself(digits: Client, url: str, name: str) -> None:
    expected, reply = digits.predict(FILES[name]).json(), ask(url, "predict", FILES[name]).json()
    answer = reply["answer"]
    assert answer.pop("probabilities") == pytest.approx(expected.pop("probabilities"), abs=1e-6)
    assert answer.pop("confidence") == pytest.approx(expected.pop("confidence"), abs=1e-6)
    assert answer == expected
    assert np.shape(reply["seen"]) == (28, 28)


@pytest.mark.parametrize("name", ["JPEG 252", "light 28", "transparent"])
def test_so_is_the_explanation(digits: Client, url: str, name: str) -> None:
    parameters = {"method": "integrated_gradients", "target": "second"}
    response = digits.http.post("/explanations/digits", content=FILES[name], params=parameters)
    if response.status_code == httpx.codes.NOT_IMPLEMENTED:
        pytest.skip("the archive does not explain")
    expected, answer = response.json(), ask(url, "explain", FILES[name], **parameters).json()["answer"]
    np.testing.assert_allclose(answer["attributions"], expected["attributions"], atol=1e-5)
    for part in ("target", "image", "input"):
        assert answer[part] == expected[part]


def test_a_crowd_of_bombs_leaves_the_memory_as_it_was(digits: Client, url: str) -> None:
    bomb = saved(Image.new("RGB", (4096, 4096), (200, 30, 90)), "WEBP")
    memory = process(digits).memory_info
    ask(url, "predict", bomb)
    before, start = memory().rss, time.monotonic()
    with ThreadPoolExecutor(18) as pool:
        replies = list(pool.map(lambda _: ask(url, "predict", bomb), range(18)))
    print(f"{(memory().rss - before) / 1e6:.1f} MB more after {time.monotonic() - start:.1f} s")
    assert memory().rss - before < 30e6
    refusals = [reply.json()["refusal"] for reply in replies if reply.status_code == 200]
    assert len(refusals) >= 4
    assert {refusal["message"] for refusal in refusals} == {"the image is too large: 4096x4096 pixels"}
    assert {reply.headers["retry-after"] for reply in replies if reply.status_code == 503} <= {"1"}


def test_the_service_goes_first(digits: Client, url: str) -> None:
    assert process(digits).nice() == min(19, psutil.Process().nice() + limits.NICENESS)


def test_heartbeats_hold_no_connection(url: str, sheet: Sheet) -> None:
    with ThreadPoolExecutor(70) as pool:
        beats = [f"{url}/gradio_api/heartbeat/h{index}" for index in range(70)]
        start = time.monotonic()
        assert {
            one.status_code for one in pool.map(lambda beat: httpx.get(beat, timeout=60, trust_env=False), beats)
        } == {204}
    assert time.monotonic() - start < 10 * busy.PATIENCE
    sheet.draw([[[0.5, 0.2], [0.5, 0.8]]])
    assert sheet.settled() == "1"
    assert not [response.url for response in sheet.responses if "heartbeat" in response.url]


@pytest.mark.parametrize("prefix", ["", "/playground"])
def test_no_host_of_a_client_s_gets_into_the_page(url: str, prefix: str) -> None:
    names = ("X-Forwarded-Host", "X-Forwarded-Server", "X-Gradio-Server", "X-Forwarded-Proto", "Referer", "Cookie")
    evil = dict.fromkeys(names, "http://evil.example")
    headers = evil | ({"X-Forwarded-Prefix": prefix} if prefix else {})
    page = httpx.get(url, headers=headers, params={"page": "evil.example", "deep_link": "evil"}, trust_env=False)
    assert page.status_code == 200
    assert "evil" not in page.text
    assert "evil" not in str(page.headers)
    assert config(page.text)["root"] == (prefix or url)
    assert httpx.get(url, headers=headers | {"Host": "evil.example"}, trust_env=False).status_code == 421


def sent(sheet: Sheet) -> Image.Image:
    """The image that the page sent last."""
    data = [json.loads(question)["data"] for question in sheet.questions]
    return Image.open(BytesIO(base64.b64decode([one["image"] for one in data if "image" in one][-1])))


def noisy(image: Image.Image) -> Image.Image:
    noise = np.random.default_rng(1).integers(0, 120, (*image.size[::-1], 3))
    return Image.fromarray(np.clip(np.asarray(image.convert("RGB")).astype(int) - noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("file", "form", "size"),
    [
        (turned(on_paper(7, 100).resize((2000, 2800))), "JPEG", (731, 1024)),
        (saved(on_glass(7, 60), "PNG"), "PNG", (1024, 1024)),
        (saved(noisy(on_paper(7, 60)), "PNG"), "PNG", (512, 512)),  # over 2 MiB at 1024
        (saved(on_paper(7, 30), "PNG") + bytes(2097153), "PNG", (840, 840)),  # too many bytes, and few pixels
    ],
    ids=["a photo", "transparent", "noisy", "long"],
)
def test_the_browser_shrinks_what_is_too_large(
    digits: Client, sheet: Sheet, file: bytes, form: str, size: tuple[int, int]
) -> None:
    sheet.page.set_input_files("#file", {"name": "a", "mimeType": f"image/{form.lower()}", "buffer": file})
    assert sheet.settled() == "7"
    assert digits.predict(file).json()["digit"] == 7
    assert (sent(sheet).format, sent(sheet).size) == (form, size)
    assert len(sheet.questions[-1]) < limits.BODY_BYTES
    kind = form.lower().replace("jpeg", "jpg")
    assert f"-T digit.{kind} " in sheet.text("#command")
    assert sheet.page.get_attribute("#save", "download") == f"digit.{kind}"
    assert str(sheet.page.get_attribute("#save", "href")).startswith(f"data:image/{form.lower()};base64,")


def test_a_picture_within_the_limits_is_sent_as_it_is(sheet: Sheet) -> None:
    file = saved(on_paper(7, 36), "PNG")
    sheet.page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": file})
    assert sheet.settled() == "7"
    data = json.loads([question for question in sheet.questions if '"image"' in question][-1])["data"]
    assert base64.b64decode(data["image"]) == file
