"""Archives: what a bundle is packed into, proved, sealed and signed, and who may be served."""
