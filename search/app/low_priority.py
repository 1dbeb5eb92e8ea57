"""How a process that is in no hurry leaves the machine to all others."""

import os
from contextlib import suppress
from pathlib import Path

NICEST = 19


def take_what_is_left() -> None:
    """Have this process run when no other wants to.

    `nice` alone does little on Linux. Ray's workers are nice themselves, at 15, beside which 19
    gets nearly a third of a core that both want. And a process in a session of its own counts by
    its session, which has as large a share as that of the whole search, unless that is nice, too.
    """
    os.nice(NICEST)
    with suppress(OSError, AttributeError):  # of other systems, or forbidden
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICEST))


def has_to_end(process: int) -> None:
    """Give the session of such a process its share again, now that somebody waits for it.

    The process stays idle within its session; more is not allowed to users.
    """
    with suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text("0")
