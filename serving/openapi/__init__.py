"""OpenAPI document of the served models, made from their specifications."""
