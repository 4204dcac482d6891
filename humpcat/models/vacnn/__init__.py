"""VACNN + BOVW: configuration, feature extraction and modelling, the transformers trio."""
