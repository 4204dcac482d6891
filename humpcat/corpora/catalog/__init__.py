"""The corpora that humpcat reads: one file each, found by :data:`humpcat.corpora.CORPORA`."""
