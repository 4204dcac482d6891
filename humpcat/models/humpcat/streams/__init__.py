"""What the network can read, one file a stream; a file that ends in ``EXPORT = (MyStream(),)`` adds one."""
