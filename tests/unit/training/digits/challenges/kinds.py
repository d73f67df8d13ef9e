"""The makers of every kind of picture, by name."""

from training.digits.challenges import challenge_figures, drawn, photographs, surfaces, text

MAKERS = {
    "drawn digits": drawn,
    "uniform noise": surfaces.noise,
    "inverted noise": surfaces.inverted_noise,
    "blank": surfaces.blank,
    "blank paper": surfaces.blank_paper,
    "checkerboards": surfaces.checkerboards,
    "letters": text.letters,
    "words": text.words,
    "numbers": text.numbers,
    "shapes": challenge_figures.shapes,
    "photographs": photographs.crops,
    "letters like digits": text.letters_like_digits,
    "shapes like digits": challenge_figures.shapes_like_digits,
}
FEW = 24
