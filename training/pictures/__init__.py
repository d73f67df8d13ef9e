"""Networks for pictures in a size and color of the user's choice, without normalisation."""
