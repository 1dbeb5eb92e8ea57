"""Learning curves by the thousand, and every pruner against them.

python -m benchmarks.curves make
python -m benchmarks.curves replay
python -m benchmarks.curves search
"""

import argparse
import sys
from collections.abc import Sequence

from benchmarks.curves import make, replay, searches


def main(argv: Sequence[str]) -> int:
    """Make curves, or replay pruners on them or on searches."""
    parser = argparse.ArgumentParser(prog="benchmarks.curves", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in (("make", make), ("replay", replay), ("search", searches)):
        command = commands.add_parser(name, help=module.__doc__)
        module.arguments(command)
        command.set_defaults(does=module.main)
    options = parser.parse_args(argv)
    options.does(options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
