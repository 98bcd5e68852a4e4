"""``python -m craftops.cli``: how the supervisor starts its children."""

from craftops.cli import main

main()
