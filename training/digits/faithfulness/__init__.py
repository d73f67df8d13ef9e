"""Faithfulness of explanations to the network."""
