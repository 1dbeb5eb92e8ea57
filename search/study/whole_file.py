"""Output that is whole or not there, also where an interrupt comes while it is written."""

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file, over an older one.

    A device or a pipe, such as /dev/stdout, and a file in a folder where no other may be made, are
    written in place.

    Args:
        path: Of the file; where it is a link, what it leads to is written.
        content: All of it.
        mode: Its rights; None for those that a new file has.

    Raises:
        OSError: It cannot be written.
    """
    there, path = path, path.resolve()
    is_plain = there.is_file() and not there.is_relative_to("/dev")
    if there.exists() and not (is_plain and os.access(path.parent, os.W_OK)):
        there.write_bytes(content)
        return
    temporary = path.with_name(f".{path.name[:200]}-{secrets.token_hex(4)}")
    try:
        temporary.touch(exist_ok=False)
        if mode is not None:
            temporary.chmod(mode)
        elif path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
