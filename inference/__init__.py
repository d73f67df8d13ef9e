"""Inference code shared by every served model. It imports no other package of this repository."""

import os

# The wheels of ONNX Runtime send events to their maker unless this is set before the first import of it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
