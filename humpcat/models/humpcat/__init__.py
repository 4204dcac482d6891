"""HuMP-CAT: configuration, feature extraction and modelling, the transformers trio."""
