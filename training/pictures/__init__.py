"""Networks on pictures as they are, in a size and color of the user's choice."""
