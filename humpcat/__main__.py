"""``python -m humpcat`` is the command ``humpcat``."""

from humpcat.cli import main

if __name__ == "__main__":
    main()
