"""gRPC service of the Open Inference Protocol, in a process of its own without model code."""
