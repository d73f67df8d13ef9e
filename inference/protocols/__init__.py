"""Request formats. A ``Decoder`` recognises one and gives a request that can answer in kind.

message -> Decoder.decode -> Request(rows, treatments) ... stack -> predictions -> Batch -> Request.answer -> answer
"""

from inference.protocols.batch import Answers, Batch, Template
from inference.protocols.decoder import Decoder
from inference.protocols.request import Request, Stack, stack

__all__ = ["Answers", "Batch", "Decoder", "Request", "Stack", "Template", "stack"]
