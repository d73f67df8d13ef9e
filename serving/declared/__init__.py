"""Own models: a folder with a ``model.toml`` becomes a declaration and the files of an archive."""
