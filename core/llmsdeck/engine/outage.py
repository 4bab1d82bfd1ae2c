"""Log hygiene: an error that persists is logged rarely, and its end is logged too."""

from __future__ import annotations

import logging


class Outage:
    """One thing that can keep failing: logs the first failure, every 2^k-th, and the recovery."""

    def __init__(self, log: logging.Logger, what: str) -> None:
        self._log = log
        self._what = what
        self._failures = 0

    def failed(self, error: BaseException) -> None:
        """It went wrong once more."""
        self._failures += 1
        if self._failures & (self._failures - 1) == 0:
            said = f" ({self._failures} times in a row)" if self._failures > 1 else ""
            self._log.warning("%s failed%s: %s", self._what, said, error)

    def worked(self) -> None:
        """It went well."""
        if self._failures:
            self._log.warning("%s works again after %d failures", self._what, self._failures)
        self._failures = 0
