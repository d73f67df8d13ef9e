"""Figures of a trained model: accuracy, calibration, intervals."""
