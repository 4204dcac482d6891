"""The environment that humpcat runs in: packages, processor, device, folders, and what is wrong with them.

Nothing in here needs more than Python's own library: it reports on an environment in which other packages are broken.
"""
