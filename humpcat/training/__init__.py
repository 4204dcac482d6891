"""Training: settings, the data that is learnt from, the trainer, source and target models."""
