from __future__ import annotations

import os

# Textual reads these once, when it is imported.
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ.pop("NO_COLOR", None)
