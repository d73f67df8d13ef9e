"""Whether explanations are faithful to the network, and not only pretty."""
