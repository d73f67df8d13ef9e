"""Request formats. A ``Decoder`` detects the format and returns a request, which makes an answer in the same format.

message -> Decoder.decode -> Request(rows, treatments) ... stack -> predictions -> Batch -> Request.answer -> answer
"""

from inference.protocols.batch import Answers, Batch, Template
from inference.protocols.decoder import Decoder
from inference.protocols.request import Request, Stack, stack

__all__ = ["Answers", "Batch", "Decoder", "Request", "Stack", "Template", "stack"]
