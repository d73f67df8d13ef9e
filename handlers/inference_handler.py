"""Handler that TorchServe calls. It decodes requests, predicts or explains, and encodes answers.

TorchServe uses the only class in this module. With a second class the worker would not start.
"""

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import orjson

from handlers import lazy_torch, priority, telemetry, warm_up, worker_loop
from handlers.budget import CLIENT, Budget, Expense
from handlers.protocol import REQUEST, Headers, Received
from inference import compression, cores, drift, loading, protocols
from inference.classifier import Classifier
from inference.cost import Charge
from inference.errors import InternalError, InvalidForm, InvalidJSON, NotSupported, ServiceError
from inference.explanations.explained import Explanations
from inference.hints import Hints
from inference.http_message import Answer, Identity, Message
from inference.spec import ModelSpec
from inference.thread_pool import ThreadPool
from model import SPEC

logger = logging.getLogger(__name__)
T = TypeVar("T")

_BODY_HINT = (
    "send the {} as the body with its Content-Type, or as the form field data; "
    "curl: -T FILE, -F data=@FILE, or -H 'Content-Type: application/json' -d JSON"
)
_NOT_EXPLAINED = NotSupported("this model has no explanations", "send the request to /predictions")
_INTERNAL = InternalError("internal error of the service", "try again; if it persists, tell the operator")
_INTERNAL_NAME = InternalError.__name__
_LONG = 1 << 14  # bytes: for a shorter file, another thread saves no time


class InferenceHandler:
    """Handler of batches of requests for one model. The failure of a request does not affect the rest of its batch."""

    def __init__(self, spec: ModelSpec = SPEC) -> None:
        self._spec = spec

    def initialize(self, context: Any) -> None:
        """Load the model of the archive and check its golden samples. After an error the worker never becomes READY.

        Raises GoldenError or ValueError if the model is not the packaged one, ImportError or FileNotFoundError if a
        library or a file of its format is missing.
        """
        lazy_torch.remove()
        directory = Path(context.system_properties["model_dir"])
        gpu_id = context.system_properties.get("gpu_id")
        device = "cpu" if gpu_id is None else f"cuda:{gpu_id}"
        self._model = model = loading.load(directory, self._spec, device)
        self._spec = spec = model.spec
        self._decoder = protocols.Decoder(spec)
        self._hint = _BODY_HINT.format(Hints(spec).content)
        source = model.bundle if isinstance(model, Classifier) else model
        self._explanations = Explanations(source, device) if spec.explanations else None
        manifest = context.manifest["model"]
        apart = priority.lower_priority_if_separate(context.model_name, manifest["modelName"])
        self._budget = Budget(apart=apart)
        # Only image files profit: other slow work holds the GIL. A worker for expensive requests uses one thread.
        reads_files = spec.preprocessing.read_file is not None and not apart
        self._threads = ThreadPool(cores.available())
        self._long = _LONG if reads_files else sys.maxsize
        self._identity = Identity(manifest["modelName"], manifest["modelVersion"], model.sha256)
        self._template = protocols.Template(spec.output, self._identity)
        labels = {"model": context.model_name, "version": manifest["modelVersion"], "weights": self._identity.weights}
        self._telemetry = telemetry.start(spec, labels, drift.load(directory / drift.FILE, spec))
        mark = os.environ.get(warm_up.MARK)
        answers = warm_up.WarmUp(self.answers, self._uncounted, mark).answers if mark else self.answers
        worker_loop.install(answers, self._telemetry.sent, self._telemetry.count)
        # TorchServe parses every line that a worker prints, and needs only those from the start before this point.
        logging.getLogger().setLevel(logging.WARNING)
        gc.freeze()  # excludes loaded objects from garbage collections, which delay a batch

    def handle(self, data: Sequence[Mapping[str, Any]], context: Any) -> list[bytes]:
        """Return the body of the answer to each request. Set its status, content type and headers on the context."""
        headers = [Headers(context.get_all_request_header(index)) for index in range(len(data))]
        stamps = [header.texts.get(REQUEST, "").encode() for header in headers]
        answers = self.answers([Received(b"", *request) for request in zip(data, headers, stamps, strict=True)])
        for index, answer in enumerate(answers):
            context.set_response_content_type(index, answer.content_type)
            if answer.status != 200:
                context.set_response_status(answer.status, answer.phrase, index)
            for name, value in answer.headers.items():
                context.set_response_header(index, name, value)
        self._telemetry.sent()
        self._telemetry.count()
        return [answer.body for answer in answers]

    def answers(self, batch: Sequence[Received]) -> list[Answer]:
        """Return the answer to each request of a batch, after one forward pass for all requests."""
        self._telemetry.begin()
        self._budget.begin()
        clients = [received.headers.get(CLIENT, "") for received in batch]
        shares = {client: self._budget.share(client) for client in set(clients)}
        expenses = [Expense(shares[client]) for client in clients]
        read = self._read_all(batch, expenses)
        requests = [outcome for outcome in read if isinstance(outcome, protocols.Request)]
        predictions = self._predicted(requests, _charges(expenses, read))
        if predictions is None:
            predictions = self._halves(requests, list(_charges(expenses, read)))
        predicted = iter(predictions)
        answers = [outcome if isinstance(outcome, Answer) else next(predicted) for outcome in read]
        for index, answer in enumerate(answers):
            if len(answer.body) > compression.WORTH:
                answers[index] = compression.compressed(answer, batch[index].headers.texts)
        errors = [answer.error for answer in answers if answer.error]
        self._telemetry.answered(batch, errors)
        if _INTERNAL_NAME in errors:
            for received, answer in zip(batch, answers, strict=True):
                if answer.error == _INTERNAL_NAME:
                    logger.error("request %s failed", received.stamp.partition(b";")[2].decode(errors="replace"))
        return answers

    def _uncounted(self, batch: Sequence[Received]) -> list[Answer]:
        """Return the answers to a batch of warm-up requests, which the metrics do not count."""
        counted, self._telemetry = self._telemetry, telemetry.Telemetry(self._spec, None, None)
        try:
            return self.answers(batch)
        finally:
            self._telemetry = counted

    def _halves(self, requests: Sequence[protocols.Request], charges: Sequence[Charge]) -> list[Answer]:
        """Return the answers to a batch that the network refuses. Halve it until the refused example is alone."""
        middle, answers = len(requests) // 2, []
        for part in (slice(middle), slice(middle, None)):
            answers += self._predicted(requests[part], charges[part]) or self._halves(requests[part], charges[part])
        return answers

    def _predicted(self, requests: Sequence[protocols.Request], charges: Iterable[Charge]) -> list[Answer] | None:
        """Return the answers to readable requests; None if there are several and the network refuses an example."""
        if not requests:
            return []
        predicted = _guarded(self._predict, requests, charges)
        if isinstance(predicted, Answer):
            refused = predicted.error != _INTERNAL_NAME and len(requests) > 1
            return None if refused else [predicted] * len(requests)
        batch, outcomes = predicted
        answers, first = [], 0
        for outcome in outcomes:
            if isinstance(outcome, ServiceError):
                answers.append(Answer.of_error(outcome))
            else:
                answer, count = _guarded(outcome.answer, batch, first), len(outcome.rows)
                answers.append(answer if count == 1 else answer.counted(count))
                first += count
        return answers

    def _predict(
        self, requests: Sequence[protocols.Request], charges: Iterable[Charge]
    ) -> tuple[protocols.Answers, Sequence[protocols.Request | ServiceError]]:
        rows, outcomes = protocols.stack(self._spec.preprocessing, requests, charges)
        predictions = self._model.predict(rows)
        if len(rows):
            readable = [outcome for outcome in outcomes if not isinstance(outcome, ServiceError)]
            self._telemetry.predicted(rows, predictions, readable)
        return self._template.batch(predictions), outcomes

    def _read_all(
        self, batch: Sequence[Received], expenses: Sequence[Expense]
    ) -> "list[protocols.Request | Answer | None]":
        """Read the requests of a batch: first the short ones, then the long ones in parallel."""
        most = self._long if len(batch) > 1 else sys.maxsize
        read = [_guarded(self._read, *request, most) for request in zip(batch, expenses, strict=True)]
        if not all(read):
            long = [index for index, outcome in enumerate(read) if outcome is None]
            requests = [(batch[index], expenses[index], sys.maxsize) for index in long]
            outcomes = self._threads.map(lambda request: _guarded(self._read, *request), requests)
            for index, outcome in zip(long, outcomes, strict=True):
                read[index] = outcome
        return read

    def _read(self, received: Received, expense: Expense, most: int) -> "protocols.Request | Answer | None":
        """Return the request, or the answer to a request that needs no prediction. Raises ServiceError.

        Return None, without reading it, for a body of more than ``most`` bytes.
        """
        headers = received.headers
        if not received.parameters and headers.get("describe") == "True":  # clients can send this, but with a body
            return Answer(orjson.dumps(self._card()))
        message = _message(received, self._hint)
        if len(message.body) > most:
            return None
        try:
            request = self._decoder.decode(message, expense.charge)
        finally:
            if expense.under_way:
                expense.settle()
        if headers.get("explain") != "True":
            return request
        if self._explanations is None:
            raise _NOT_EXPLAINED
        address = headers.get("url_path")  # a text from TorchServe; a mapping for a form field of this name
        query = self._explanations.read(address if isinstance(address, str) else "", headers.texts.get("accept", ""))
        return self._explanations.of(request, query, expense.charge)

    def _card(self) -> dict[str, Any]:
        identity = self._identity
        model = {"name": identity.name, "version": identity.version, "weights": identity.sha256}
        return {"model": model, **self._model.card}


def _charges(expenses: Sequence[Expense], read: Sequence[object]) -> Iterable[Charge]:
    """Return the charges of the readable requests, as a generator because they are seldom needed."""
    pairs = zip(expenses, read, strict=True)
    return (expense.charge for expense, outcome in pairs if isinstance(outcome, protocols.Request))


def _guarded(work: "Callable[..., T]", *arguments: Any) -> "T | Answer":
    """Return the result of ``work``, or an error answer if it raises, so that the other requests are answered."""
    try:
        return work(*arguments)
    except ServiceError as error:
        return Answer.of_error(error)
    except Exception:
        logger.exception("a request, or a batch, failed")
        return Answer.of_error(_INTERNAL)


def _message(received: Received, hint: str) -> Message:
    """Return the body with its content type, or the form field ``data`` if TorchServe parsed the form."""
    parameters, headers = received.parameters, received.headers
    body, texts = parameters.get("body"), headers.texts
    if type(body) is bytes:  # nearly all requests
        return Message(body, texts.get("content-type", ""), texts)
    name = "body" if "body" in parameters else "data"
    if name not in parameters:
        raise InvalidForm("the form has no field data (curl -d without a Content-Type sends a form)", hint)
    kind = texts.get("content-type", "")  # TorchServe's entry for the body lacks parameters such as the boundary
    if name != "body":
        part = headers.get(name)  # a header that the client sent under this name replaces TorchServe's entry
        kind = part["content-type"] if isinstance(part, Mapping) else ""
    return Message(_bytes(parameters[name], hint), kind, texts)


def _bytes(body: Any, hint: str) -> bytes:
    """Return the body as it was sent. With decode_input_request, TorchServe has already decoded text and JSON."""
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    try:
        return orjson.dumps(body)
    except TypeError as error:  # TorchServe's parser accepts huge integers and lone surrogates, orjson does not
        raise InvalidJSON(f"the body is not valid JSON: {error}", hint) from error
