"""The Accelerate loop and what it is made of: state, moving average, schedule, losses, masking."""
