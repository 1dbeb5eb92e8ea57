"""A search in a process of its own, as `search.run` starts it."""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.app.interrupts import INTERRUPTED, UNFINISHED

if TYPE_CHECKING:
    from search.app.session import Watching


def main(order: Path) -> int:
    """Do what an order says, telling of it on standard output.

    Args:
        order: A JSON file, removed once it is read.

    Returns:
        The exit code: 0 done, 1 unfinished, 2 wrong input, 130 interrupted.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    from search.app.environment import NOTES, settle

    settle()
    asked = json.loads(order.read_text(encoding="utf-8"))
    order.unlink()
    from search.app.messages import Messages
    from search.app.session import Watching
    from search.study.errors import InputError

    try:
        return _done(asked, Watching(Messages.display, notes=tuple(NOTES)))
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        Messages(sys.stdout).failed(error)
        return 2 if isinstance(error, InputError) else UNFINISHED


def _done(asked: dict[str, Any], watching: "Watching") -> int:
    from search.app import resume, run
    from search.loading.space_file import SpaceSource

    if asked["what"] == "run":
        source = SpaceSource(asked["main"], asked["place"], asked["files"])
        options = run.Options(**asked["options"])
        return run.run(source.execute(), options, watching, asked["command"])
    extension = resume.Extension(**asked["options"])
    return resume.resume(Path(asked["run"]), extension, watching)


def _end_with_parent(parent: int) -> None:
    """Interrupt this process where the one that started it has gone.

    Standard input is a pipe from there, which ends with it.
    """
    while os.read(sys.stdin.fileno(), 1 << 10):
        pass
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
