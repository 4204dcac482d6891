"""How a stream becomes one vector, one file a kind; a file that ends in ``EXPORT = (MyPooling,)`` adds one."""
