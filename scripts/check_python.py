"""Says in one line what is missing when the Python at hand is too old or cannot make environments."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        f"dfe needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}; "
        "install a newer one and run `make PYTHON=/path/to/python3.12 ...`"
    )
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit("this Python has no venv module; install it (Debian and Ubuntu: apt install python3-venv)")
