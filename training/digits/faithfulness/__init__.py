"""Measurement of the faithfulness of explanations to the network."""
