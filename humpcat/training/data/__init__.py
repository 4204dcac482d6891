"""From corpora to batches: which corpora are meant, their clips prepared and split, examples."""
