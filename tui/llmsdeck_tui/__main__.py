"""`python -m llmsdeck_tui` is the same as `llmsdeck`."""

from __future__ import annotations

import sys

from llmsdeck_tui.launch import main

sys.exit(main())
