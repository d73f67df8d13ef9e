"""Preprocessing of images, declared in ``model.toml`` or ``preprocessor_config.json``."""

from collections.abc import Mapping
from typing import Any

from inference.declared.declaration import COLORS, RESAMPLES, ImageInput
from serving.declared import processor
from serving.declared.section import Section, shown

MOST_SIDE = 4096
_MOST_PIXELS = 1 << 22
KEYS = ("color", "size", "crop_size", "resample", "rescale_factor", "image_mean", "image_std")
_NAMES = (  # names of classes and modules, which change no pixel
    "image_processor_type", "feature_extractor_type", "processor_class", "auto_map", "_valid_processor_keys",
    "image_processor_class", "return_tensors", "data_format", "input_data_format",
)  # fmt: skip
_STEPS = {
    "do_resize": ("size",),
    "do_center_crop": ("crop_size",),
    "do_rescale": ("rescale_factor",),
    "do_normalize": ("image_mean", "image_std"),
    "do_convert_rgb": (),
}


def read(section: Section) -> ImageInput:
    """Return the preprocessing from the keys of ``KEYS``."""
    color = section.choice("color", tuple(COLORS)) or "RGB"
    size, edge = _size(section, "size")
    crop, crop_edge = _size(section, "crop_size")
    if crop_edge is not None:
        raise section.error("crop_size must be [height, width]")
    if edge is not None and crop is None:
        raise section.error("size with shortest_edge needs a crop_size: otherwise images have different shapes")
    counts = {1, COLORS[color]}
    values: dict[str, Any] = {
        "resample": _resample(section),
        "rescale_factor": section.number("rescale_factor", 1e-9, 1e9),
        "image_mean": section.numbers("image_mean", sorted(counts)),
        "image_std": section.numbers("image_std", sorted(counts)),
    }
    if any(number <= 0 for number in values["image_std"] or ()):
        raise section.error(f"image_std is {shown(values['image_std'])}; every number must be above 0")
    known = {name: value for name, value in values.items() if value is not None}
    return ImageInput(color, size, edge, crop, **known)


def of_processor(content: Mapping[str, Any], place: str) -> ImageInput:
    """Return the preprocessing from Hugging Face's ``preprocessor_config.json``.

    Raises DeclarationError for an unsupported step, because the network would get other pixels.
    """
    content = processor.stated(content)
    section = Section(content, place, (*KEYS, *_STEPS, *_NAMES))
    done = {name: section.flag(name, default=False) for name in _STEPS}
    wanted = {name: content[name] for name in KEYS if name in content}
    if "crop_size" in wanted and "do_center_crop" not in content:
        raise section.error("there is a crop_size but no do_center_crop: set it to true or false")
    for flag, keys in _STEPS.items():
        if not done[flag]:
            wanted = {name: value for name, value in wanted.items() if name not in keys}
        elif missing := [key for key in keys if key not in wanted]:
            raise section.error(f"{flag} is true, and there is no {missing[0]}: its default depends on the processor")
    if not done["do_rescale"]:
        wanted["rescale_factor"] = 1.0
    if isinstance(wanted.get("size"), int):
        raise section.error(
            f"size is the number {wanted['size']}, which some processors take as a square and some as the shortest "
            'edge: write {"height": ..., "width": ...} or {"shortest_edge": ...}'
        )
    if isinstance(wanted.get("crop_size"), int):
        wanted["crop_size"] = [wanted["crop_size"]] * 2
    return read(Section(wanted, place, KEYS))


def _size(section: Section, key: str) -> tuple[tuple[int, int] | None, int | None]:
    """Return height and width, or the shortest edge."""
    value = section.value(key)
    if value is None:
        return None, None
    if isinstance(value, Mapping) and set(value) == {"height", "width"}:
        value = [value["height"], value["width"]]
    if isinstance(value, Mapping) and set(value) == {"shortest_edge"}:
        return None, _side(section, key, value["shortest_edge"])
    if not isinstance(value, list) or len(value) != 2:
        raise section.error(f"{key} must be [height, width] or {{shortest_edge = N}}, not {shown(value)}")
    height, width = (_side(section, key, side) for side in value)
    if height * width > _MOST_PIXELS:
        raise section.error(f"{key} is {height}x{width} pixels; at most {_MOST_PIXELS} are allowed")
    return (height, width), None


def _side(section: Section, key: str, side: Any) -> int:
    if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= MOST_SIDE:
        raise section.error(f"{key} has the side {shown(side)}; it must be a whole number from 1 to {MOST_SIDE}")
    return side


def _resample(section: Section) -> str | None:
    """Return the filter from its name, or from Pillow's number as Hugging Face writes it."""
    value = section.value("resample")
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(RESAMPLES):
        return RESAMPLES[value]
    return section.choice("resample", RESAMPLES)
