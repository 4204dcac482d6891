"""Toy corpora: small synthetic trees in the owners' layouts, for tests, tutorials and machines without licences."""

from humpcat.corpora.toy.making import TOY_CORPORA, make_toy_corpora

__all__ = ["TOY_CORPORA", "make_toy_corpora"]
