"""From a bundle to a service: archives, one TorchServe, the gateway before it, the node around both, changes to it."""

import inference  # noqa: F401 - turns the telemetry of ONNX Runtime off before anything here imports it
