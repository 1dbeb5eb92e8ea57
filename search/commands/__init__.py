"""One file a verb; each imports what it needs when it is called."""

import sys


def main() -> None:
    """The `search` command: every mistake of a person ends in one sentence and exit code 2."""
    from search.commands.app import run

    sys.exit(run(sys.argv[1:]))
