"""Size and color of pictures, their reader, and the form of their network."""

from dataclasses import dataclass

from torch import nn

from inference.cost import free
from inference.declared.declaration import COLORS, ImageInput
from inference.images.image_file import MAX_PIXELS
from inference.inputs.image import ImageReader
from training.data.class_folders import ClassReader
from training.fit.loop import Form
from training.fit.presets import Preset
from training.pictures.network import PictureNetwork, to_input


@dataclass(frozen=True)
class Pictures:
    """Format of square pictures. Reading only converts and resizes a picture, as the server does for a client.

    side   pixels
    color  RGB or L
    """

    side: int
    color: str

    @property
    def image(self) -> ImageInput:
        return ImageInput(self.color, (self.side, self.side))

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Return channels, height and width of the network's input."""
        return COLORS[self.color], self.side, self.side

    @property
    def reading(self) -> ClassReader:
        reader, channels = ImageReader(self.image), COLORS[self.color]
        shape = (self.side, self.side) if channels == 1 else (self.side, self.side, channels)
        return ClassReader(lambda data: reader.read(data, MAX_PIXELS, free)[0], shape)

    @property
    def form(self) -> Form:
        return Form(self._build, to_input, padding="border")

    def _build(self, preset: Preset, classes: int) -> nn.Module:
        return PictureNetwork(
            self.input_shape, preset.hidden, classes, batch_norm=preset.batch_norm, dropout=preset.dropout
        )
