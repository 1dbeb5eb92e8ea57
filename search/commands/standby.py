"""A process that waits for the command line of a run: `python -m search.commands.standby SINCE`."""

from search.app.standby import stand_by
from search.commands import main

if __name__ == "__main__":
    stand_by(main)
