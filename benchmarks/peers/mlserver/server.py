"""Runtime for MLServer."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

from benchmarks.peers.predictor import BundlePredictor


class MLServerDigits(MLModel):
    async def load(self) -> bool:
        self.predictor = BundlePredictor()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        pixels = NumpyCodec.decode_input(payload.inputs[0]).astype(np.uint8, copy=False)
        predictions = self.predictor.predict(pixels)
        outputs = [
            NumpyCodec.encode_output("digit", predictions.classes),
            NumpyCodec.encode_output("probabilities", predictions.probabilities),
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
