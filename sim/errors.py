"""The tree of errors that a user can cause.

WinsetError
└── InputError      a case, study or option that cannot be read as meant (exit code 2)
"""


class WinsetError(Exception):
    """Any error whose message is meant for the user, without a traceback."""

    exit_code = 1


class InputError(WinsetError):
    """Bad input. Each problem names the file, the key, the value and what is allowed."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        """Keep every problem that was found; the message has one line for each."""
        super().__init__("\n".join(problems))
        self.problems = problems
