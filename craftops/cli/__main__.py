"""``python -m craftops.cli``: the same as ``craftops``."""

from craftops.cli import main

main()
