"""The benchmark of unsupervised adaptation between corpora: pairs, systems, parts of the work, tables, a plot."""
