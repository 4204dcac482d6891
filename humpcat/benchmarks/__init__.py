"""Benchmarks beside the papers: HuMP-CAT, adaptation between corpora, VACNN."""
