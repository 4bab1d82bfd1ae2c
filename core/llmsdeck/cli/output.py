"""Where the command line speaks: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import TextIO

from llmsdeck.cli.tones import Line, drawn, wanted
from llmsdeck.contract import error_document
from llmsdeck.errors import DeckError
from llmsdeck.text import visible_lines


class Output:
    """One document or some lines on stdout; sentences for people on stderr."""

    def __init__(self, *, as_json: bool, stdout: TextIO, stderr: TextIO) -> None:
        self.as_json = as_json
        self.stderr = stderr
        self._stdout = stdout

    def result(
        self, document: Mapping[str, object], lines: Iterable[Line], *, exact: bool = False
    ) -> None:
        """The one result of a verb: the document with --json, else the lines.

        Lines hold no invisible characters, unless they are `exact` and go to another program.
        """
        if self.as_json:
            self._write(json.dumps(document) + "\n")
        elif exact:
            self.raw("".join(f"{line}\n" for line in lines))
        else:
            colours = wanted(self._stdout)
            self._write("".join(f"{drawn(line, colours=colours)}\n" for line in lines))

    def raw(self, text: str) -> None:
        """Text as it is, for another program; on a terminal with marks for what is invisible."""
        if self._stdout.isatty():
            text = visible_lines(text)
        self._write(text)

    def message(self, sentence: Line) -> None:
        """Something a person should know; never part of the result."""
        self.stderr.write(f"{drawn(sentence, colours=wanted(self.stderr))}\n")
        self.stderr.flush()

    def failure(self, error: DeckError) -> None:
        """Why there is no result."""
        if self.as_json:
            self._write(json.dumps({"error": error_document(error)}) + "\n")
        else:
            self.message(f"llmsdeck: {error}")

    def _write(self, text: str) -> None:
        """Encode here: names that are not valid text must reach a pipe as the bytes they are."""
        self._stdout.flush()
        self._stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
        self._stdout.buffer.flush()


def abandon(stream: TextIO) -> None:
    """Stop writing to a pipe whose reader has gone, so that closing it cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
