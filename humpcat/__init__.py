"""Cross-lingual speech emotion recognition on self-supervised embeddings."""

from humpcat.version import __version__

__all__ = ["__version__"]
