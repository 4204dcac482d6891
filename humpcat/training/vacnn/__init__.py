"""Training of VACNN + BOVW: pretraining on several corpora, fine-tuning over folds, the tables of the paper."""
