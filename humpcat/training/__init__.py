"""Training: the Accelerate loop, losses, batching, checkpoints, source training and target fine-tuning."""
