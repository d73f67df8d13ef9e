"""From a bundle to a service: archives, one TorchServe, the gateway before it, the node around both, changes to it."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as inference does: ONNX Runtime's quantisation may be imported before that
