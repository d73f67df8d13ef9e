"""Defaults of Hugging Face's image processors, which a ``preprocessor_config.json`` may omit.

Sizes follow ``get_size_dict`` and the classes' ``resize`` of the transformers library.
"""

import re
from collections.abc import Mapping
from typing import Any

_KIND = re.compile(r"(ImageProcessor(Fast)?|FeatureExtractor)$")
_SQUARE = ("ViT", "DeiT", "Beit")  # classes that read a number as both sides
_EDGE = ("CLIP", "ConvNext")  # classes that read a number as the shortest edge
_CONVNEXT = "ConvNext"
_CROP_PCT, _WHOLE_FROM = 224 / 256, 384  # of ConvNext; images of this size and larger are not cropped
_RESCALE_FACTOR = 1 / 255
_BILINEAR, _BICUBIC = 2, 3  # Pillow's numbers
_RESAMPLE = {"ViT": _BILINEAR, "ConvNext": _BILINEAR, "CLIP": _BICUBIC, "DeiT": _BICUBIC, "Beit": _BICUBIC}
_GIVEN = {"do_resize": "size", "do_normalize": "image_mean"}  # step -> key that turns it on by default


def stated(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of the file with all steps and sizes stated."""
    settings = {key: value for key, value in content.items() if value is not None}
    kind = _KIND.sub("", str(settings.get("image_processor_type") or settings.get("feature_extractor_type") or ""))
    for flag, key in _GIVEN.items():
        if key in settings:
            settings.setdefault(flag, True)
    settings.setdefault("do_rescale", True)
    if settings["do_rescale"] is True:
        settings.setdefault("rescale_factor", _RESCALE_FACTOR)
    if kind in _RESAMPLE:
        settings.setdefault("resample", _RESAMPLE[kind])
    size = settings.get("size")
    if isinstance(size, int) and kind in _SQUARE:
        settings["size"] = {"height": size, "width": size}
    elif isinstance(size, int) and kind in _EDGE:
        settings["size"] = {"shortest_edge": size}
    return _of_convnext(settings) if kind == _CONVNEXT and "do_center_crop" not in settings else settings


def _of_convnext(settings: dict[str, Any]) -> dict[str, Any]:
    """Replace ``crop_pct``: the image is resized to a larger size, and its centre is cropped."""
    share, size = settings.get("crop_pct", _CROP_PCT), settings.get("size")
    edge = size.get("shortest_edge") if isinstance(size, Mapping) else None
    if not isinstance(edge, int) or not isinstance(share, int | float) or share <= 0:
        return settings
    settings.pop("crop_pct", None)
    if settings["do_resize"] is not True:
        return settings
    if edge >= _WHOLE_FROM:
        return settings | {"size": {"height": edge, "width": edge}}
    crop = {"height": edge, "width": edge}
    return settings | {"size": {"shortest_edge": int(edge / share)}, "do_center_crop": True, "crop_size": crop}
