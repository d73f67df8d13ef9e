"""Archives: how a bundle is packed, checked, sealed and signed, and which archives may be served."""
