"""The methods of explanation, and how many samples each takes; the first is the default."""

from inference.explanations.query import SampleLimits

METHODS = {
    "integrated_gradients": SampleLimits(256, 16, 1024),
    "gradient_shap": SampleLimits(128, 16, 512),
    "kernel_shap": SampleLimits(512, 64, 2048),
    "lime": SampleLimits(512, 64, 2048),
    "occlusion": SampleLimits(169, 169, 169),  # as many as its window has places
}
