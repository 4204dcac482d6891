"""Models in the transformers manner."""
