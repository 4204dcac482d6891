"""Inference: the pipeline and prediction over files."""
