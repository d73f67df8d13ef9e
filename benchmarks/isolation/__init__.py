"""What predictions feel of explanations, in every way that they can be kept apart."""
