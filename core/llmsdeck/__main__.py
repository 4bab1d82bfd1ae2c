"""`python -m llmsdeck`: the command line without the dashboard."""

from __future__ import annotations

import sys

from llmsdeck.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
