"""Train a small encoder to predict chosen hidden states of a large one, on audio without labels.

``recipes/train_mini.py`` is a command over it; ``docs/mini.md`` says what it does.
"""
