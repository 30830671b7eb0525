"""What can go wrong with results on disk.

WinsetError
└── ResultsError     a folder that cannot be written or read (exit code 6)
    ├── DamagedBlock     a block whose bytes are not those that were written (exit code 6)
    └── BusyError        a folder that another run is writing to (exit code 3)
"""

from sim.errors import WinsetError


class ResultsError(WinsetError):
    """A folder of results that cannot be written or read."""

    exit_code = 6


class DamagedBlock(ResultsError):  # noqa: N818 - it names what was found
    """A block whose bytes are not those that were written."""


class BusyError(ResultsError):
    """A folder that another run is writing to."""

    exit_code = 3
