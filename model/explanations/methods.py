"""The methods of explanation, and how many samples each takes; the first is the default."""

from inference.explanations.query import Samples

METHODS = {
    "integrated_gradients": Samples(256, 16, 1024),
    "gradient_shap": Samples(128, 16, 512),
    "kernel_shap": Samples(512, 64, 2048),
    "lime": Samples(512, 64, 2048),
    "occlusion": Samples(169, 169, 169),  # as many as its window has places
}
