"""Standard output and standard error, whatever became of them: closed, full, a pipe that nobody reads, an ASCII locale."""

from __future__ import annotations

import io
import os
import sys

from vip_tiering.errors import OutputError


def make_ready() -> None:
    """Give streams that the caller closed a place to go, and escape what a locale cannot show."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            _discard(number)
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def show(text: object = "") -> None:
    """Print a line on stdout; a reader that has gone away (`| head`) is no error. Raises OutputError where there is no room."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(1)
    except OSError as error:
        _discard(1)
        raise OutputError(f"standard output: cannot be written: {error.strerror}") from None


def complain(text: str) -> None:
    """Print a line on stderr; where nobody reads it the exit code must tell."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        _discard(2)


def _discard(number: int) -> None:
    """Let what is written to this stream from now on, and what it still holds, go nowhere."""
    sink = os.open(os.devnull, os.O_WRONLY)
    if sink != number:
        os.dup2(sink, number)
        os.close(sink)
