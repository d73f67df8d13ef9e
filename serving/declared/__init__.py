"""Own models: conversion of a folder with a ``model.toml`` to a declaration and the files of an archive."""
