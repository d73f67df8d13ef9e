"""The Open Inference Protocol's gRPC service, in a process of its own that holds no model code."""
