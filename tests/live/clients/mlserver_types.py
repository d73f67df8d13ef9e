"""MLServer's types and codecs: python mlserver_types.py FILE prints requests, one a line, then reads a response."""

import sys
from pathlib import Path

import numpy as np
from mlserver.codecs import NumpyCodec, NumpyRequestCodec
from mlserver.types import InferenceRequest, InferenceResponse


def main(path: str) -> None:
    pixels = np.frombuffer(Path(path).read_bytes(), np.uint8).reshape(-1, 784)
    print(InferenceRequest(id="a", inputs=[NumpyCodec.encode_input("pixels", pixels)]).model_dump_json(), flush=True)
    print(NumpyRequestCodec.encode_request((pixels / np.float32(255)).astype(np.float32)).model_dump_json(), flush=True)
    answer = InferenceResponse.model_validate_json(sys.stdin.readline())
    print(NumpyCodec.decode_output(answer.outputs[0]).tolist())


if __name__ == "__main__":
    main(*sys.argv[1:])
