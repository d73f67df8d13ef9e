"""Long files of a batch, which threads read in parallel."""

import numpy as np
from PIL import Image

from handlers.budget import CLIENT
from inference.http_message import Message
from tests import recipe
from tests.messages import raw
from tests.pictures import saved
from tests.torchserve import Sent, Worker

from .conftest import BAD, SEVEN


def test_long_files_of_a_batch_are_answered_each_in_its_place(worker: Worker) -> None:
    """Several threads read them, after the short ones."""
    digits, file = range(10), Image.new("L", (900, 900))
    pages = []
    for number in digits:
        file.paste(Image.fromarray(recipe.drawn(number)[0]).resize((600, 600)), (150, 150))
        pages.append(saved(file, "JPEG"))
    alone = [worker.answer([Sent.http(Message(page, "image/jpeg"))])[0].json["probabilities"] for page in pages]
    batch = [Sent.http(Message(page, "image/jpeg")) for page in pages]
    batch.insert(4, Sent.http(Message(pages[0][:5000], "image/jpeg")))
    batch.insert(1, BAD)
    replies = worker.answer(batch)
    assert [replies.pop(index).json["type"] for index in (5, 1)] == ["InvalidImage", "InvalidPixels"]
    np.testing.assert_allclose([reply.json["probabilities"] for reply in replies], alone, atol=1e-6)


def test_a_client_has_one_share_of_a_batch_whatever_threads_read_its_files(worker: Worker) -> None:
    page = saved(Image.fromarray(np.random.default_rng(0).integers(0, 256, (700, 700), dtype=np.uint8)), "PNG")
    other = Sent.http(raw(SEVEN), **{CLIENT: "other"})
    greedy = [Sent.http(Message(page, "image/png"), **{CLIENT: "greedy"}) for _ in range(20)]
    replies = worker.answer([*greedy, other])
    refused = [reply for reply in replies if reply.status == 503]
    assert replies[-1].status == 200
    assert len(refused) >= 14  # each takes at least 5.9 ms by its estimate, and all share 30 ms
    assert all(reply.json["type"] == "Overloaded" for reply in refused)
