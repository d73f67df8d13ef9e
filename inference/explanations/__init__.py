"""Explanations of predictions: the query, and parts that any model's methods can use."""
