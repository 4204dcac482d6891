"""VACNN + BOVW and the systems beside it, over folds, as the paper has them."""
