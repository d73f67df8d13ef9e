"""Explanations of predictions: queries, answers, and methods that models share."""
