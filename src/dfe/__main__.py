"""``python -m dfe``: the same as the command `dfe`."""

from dfe.cli import main

if __name__ == "__main__":
    main()
