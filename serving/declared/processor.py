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
    found = {key: value for key, value in content.items() if value is not None}
    kind = _KIND.sub("", str(found.get("image_processor_type") or found.get("feature_extractor_type") or ""))
    for flag, key in _GIVEN.items():
        if key in found:
            found.setdefault(flag, True)
    found.setdefault("do_rescale", True)
    if found["do_rescale"] is True:
        found.setdefault("rescale_factor", _RESCALE_FACTOR)
    if kind in _RESAMPLE:
        found.setdefault("resample", _RESAMPLE[kind])
    size = found.get("size")
    if isinstance(size, int) and kind in _SQUARE:
        found["size"] = {"height": size, "width": size}
    elif isinstance(size, int) and kind in _EDGE:
        found["size"] = {"shortest_edge": size}
    return _of_convnext(found) if kind == _CONVNEXT and "do_center_crop" not in found else found


def _of_convnext(found: dict[str, Any]) -> dict[str, Any]:
    """Replace ``crop_pct``: the image is resized to a larger size, and its centre is cropped."""
    share, size = found.get("crop_pct", _CROP_PCT), found.get("size")
    edge = size.get("shortest_edge") if isinstance(size, Mapping) else None
    if not isinstance(edge, int) or not isinstance(share, int | float) or share <= 0:
        return found
    found.pop("crop_pct", None)
    if found["do_resize"] is not True:
        return found
    if edge >= _WHOLE_FROM:
        return found | {"size": {"height": edge, "width": edge}}
    crop = {"height": edge, "width": edge}
    return found | {"size": {"shortest_edge": int(edge / share)}, "do_center_crop": True, "crop_size": crop}
