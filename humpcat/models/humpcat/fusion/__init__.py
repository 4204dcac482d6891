"""How streams are fused, one file a kind; a file that ends in ``EXPORT = (MyLayer,)`` adds one."""
