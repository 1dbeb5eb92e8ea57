"""One file per command; each imports what it needs when it is called."""

import gc
import signal
import sys


def main() -> None:
    """The `search` command: wrong input ends in one sentence and exit code 2."""
    # A command that is asked to end does so in order, also while it still loads.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from search.app.environment import settle

        settle()
        from search.commands.command_line import run
    except KeyboardInterrupt:  # later ones are heeded there
        sys.stderr.write("search: interrupted\n")
        sys.exit(130)
    code = run(sys.argv[1:])
    gc.freeze()  # or all that is there is looked through for garbage before the process ends
    sys.exit(code)
