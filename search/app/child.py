"""A search in a process of its own, as `search.run` starts it."""

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.app.interrupts import INTERRUPTED, UNFINISHED

if TYPE_CHECKING:
    from search.app.messages import Messages


def main(order: Path) -> int:
    """Do what an order says, telling of it on standard output.

    Args:
        order: A JSON file, removed once it is read.

    Returns:
        The exit code: 0 done, 1 unfinished, 2 wrong input, 130 interrupted.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    from search.app.environment import settle

    settle()
    asked = json.loads(order.read_text(encoding="utf-8"))
    code = _handed_over(asked)
    if code is not None:
        return code
    order.unlink()
    from search.app.messages import Messages
    from search.study.errors import InputError

    messages = Messages(sys.stdout)
    try:
        return _done(asked, messages)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        messages.failed(error)
        return 2 if isinstance(error, InputError) else UNFINISHED


def _handed_over(asked: dict[str, Any]) -> int | None:
    """Of a search, whether a process that is kept has performed it: then its exit code."""
    if asked["what"] not in {"run", "resume"}:
        return None
    from search.app.kept import handed_over

    said = asked["options"]
    return handed_over(said["address"], said.get("keep"), child=True)


def _done(asked: dict[str, Any], messages: "Messages") -> int:
    from search.app import resume, run
    from search.app.environment import NOTES
    from search.app.options import Options
    from search.app.session import Watching
    from search.app.spaces import ready_for_ray
    from search.loading.space_file import SpaceSource

    watching = Watching(messages.display, notes=tuple(NOTES))
    match asked:
        case {"what": "resume", "run": path, "options": said}:
            return resume.resume(Path(path), resume.Extension(**said), watching)
        case {"what": "export", "run": path, "out": out, "to": form, "card": card}:
            from search.app import export, served

            folder = None if out is None else Path(out)
            if form is None:
                written = export.export(Path(path), folder, card=card)
            else:
                written = served.export_as(Path(path), form, folder)
            messages.found(asdict(written))
        case {"what": "reproduce", "run": path}:
            from search.app import reproduce

            messages.found(reproduce.reproduce(Path(path)))
        case {"what": what, "main": main, "place": place, "files": files, "options": said}:
            before = said.pop("continue_from")
            options = Options(**said, continue_from=None if before is None else Path(before))
            source = SpaceSource(main, place, files)
            ready_for_ray(source, options.address, unauthenticated=options.unauthenticated)
            if what == "run":
                return run.run(source.execute(), options, watching, asked["command"])
            from search.app import check

            messages.found(check.check(source, options).facts)
    return 0


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
