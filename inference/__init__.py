"""Inference code shared by every served model. It imports no other package of this repository."""
