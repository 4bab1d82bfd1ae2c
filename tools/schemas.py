"""Writes docs/schemas/VERB.json: what each verb of the command line prints with --json."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from llmsdeck.schemas import VERBS, Schema

FOLDER: Final = Path(__file__).parent.parent / "docs" / "schemas"
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def text(verb: str, schema: Schema) -> str:
    """The file of one verb."""
    title = "llmsdeck: an error" if verb == "error" else f"llmsdeck {verb} --json"
    return json.dumps({"$schema": _DRAFT, "title": title, **schema}, indent=2) + "\n"


def main(folder: Path) -> int:
    """Write every file, and remove those of verbs that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.json"):
        if file.stem not in VERBS:
            file.unlink()
    for verb, schema in VERBS.items():
        (folder / f"{verb}.json").write_text(text(verb, schema), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(FOLDER))
