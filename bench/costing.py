"""What a program costs, told by the small process that runs it.

Linux counts what whoever starts a program holds at that moment as the program's own peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Final

_KILOBYTES: Final = 1024
"""In a megabyte: the unit of `ru_maxrss`, see getrusage(2)."""


def main() -> None:
    """Run a command in a folder to its end; print its seconds and its peak, and end as it does."""
    folder, *command = sys.argv[1:]
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "memory_mb": usage.ru_maxrss / _KILOBYTES}))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
