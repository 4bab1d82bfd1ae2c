from __future__ import annotations

import json
import time

from llmsdeck.sources.files import as_text
from llmsdeck.sources.material import Skip, SourceFile
from llmsdeck.sources.triage import Interest, interest


def read(document: object) -> SourceFile | Skip:
    return as_text("docs/a.IPYNB", json.dumps(document).encode())


def text(*cells: object, language: str = "python") -> str:
    found = read({"cells": cells, "metadata": {"kernelspec": {"language": language}}})
    assert isinstance(found, SourceFile)
    return found.text


def test_notebooks_are_documents() -> None:
    assert interest("a.ipynb") is Interest.DOCUMENT


def test_texts_and_code_are_kept_and_outputs_dropped() -> None:
    code = {
        "cell_type": "code",
        "source": ["boil()\n", "pour()\n"],
        "outputs": [{"text": ["PRINTED"], "data": {"image/png": "iVBORw0KGgo"}}],
    }
    found = text({"cell_type": "markdown", "source": "# Tea\r\n\r\nIt is hot."}, code)
    assert found == "# Tea\n\nIt is hot.\n\n```python\nboil()\npour()\n```\n"


def test_a_fence_is_longer_than_any_in_the_code() -> None:
    assert text({"cell_type": "code", "source": "'''````x'''"}, language="x y") == (
        "`````\n'''````x'''\n`````\n"
    )


def test_what_is_no_notebook_is_left_out() -> None:
    for content in (b"", b"{", b"[1]", b'{"cells": 3}', b"[" * 50_000):
        assert as_text("a.ipynb", content) is Skip.OTHER


def test_odd_cells_are_passed_over() -> None:
    assert text(3, None, {"source": 5}, {"source": [1, "x\ud800"]}) == "x?\n"


def test_hostile_notebooks_cost_little() -> None:
    start = time.process_time()
    text({"cell_type": "code", "source": "`" * 500_000})
    text({"cell_type": "code", "source": "```` ``` " * 50_000})
    assert time.process_time() - start < 1
