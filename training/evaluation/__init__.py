"""Evaluation of a trained model: accuracy, calibration and confidence intervals."""
