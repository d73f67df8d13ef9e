"""Preprocessing of declared models: tables, images and named inputs."""
