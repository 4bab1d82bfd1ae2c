"""The floor of a bundle: a process that reads every tracked file, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Read the files of a repository, one after the other; print the seconds that it took."""
    began, root = time.perf_counter(), sys.argv[1]
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True
    ).stdout
    for name in listed.split(b"\0")[:-1]:
        descriptor = os.open(os.path.join(os.fsencode(root), name), os.O_RDONLY)
        try:
            os.read(descriptor, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
