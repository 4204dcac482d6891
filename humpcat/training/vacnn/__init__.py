"""Training of VACNN + BOVW: pictures as examples, settings, systems, pretraining on several corpora."""
