"""Reading Markdown: front matter, title, opening paragraphs, links; one pass over the lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from llmsdeck.bundle.markup import from_markdown
from llmsdeck.bundle.prose import says_little, says_something
from llmsdeck.bundle.reading import LINES, PARAGRAPHS, Page

_FENCES: Final = ("```", "~~~")
_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
_UNDERLINE: Final = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_TOML_PAIR: Final = re.compile(
    r"^([A-Za-z_-]{1,40})[ \t]{0,20}=[ \t]{0,20}(?:\"\"\"([\s\S]{0,2000}?)\"\"\""
    r"|\"([^\"\\\n]{0,1000})\"|'([^'\n]{0,1000})'|(-?\d{1,9}(?:\.\d{1,9})?)[ \t]{0,20}$)",
    re.MULTILINE,
)
"""No parser reads TOML in a time that is linear in hostile text."""
_RAW: Final = re.compile(r"<(script|style|pre|textarea)(?=[\s>]|$)", re.IGNORECASE)
"""Tags of HTML that last until they are closed, see CommonMark 0.31.2, section 4.6."""
_LIST_ITEM: Final = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_HTML_TITLE: Final = re.compile(r"<h1[^<>]{0,200}>([^<>]{1,200})</h1>", re.IGNORECASE)
_DEFINITION: Final = re.compile(r"\[[^\[\]]{1,200}\]:\s{0,9}\S")
_QUOTE: Final = re.compile(r"> ?(?![\[#*|<!`+-])(\S.*)$")
_SHELL: Final = re.compile(r":::\s{1,4}([A-Za-z_][\w.]{0,200})\s*$")
_LINK_ONLY: Final = re.compile(r"!?\[[^\[\]]{0,300}\](?:\([^()]{0,500}\)|\[[^\[\]]{0,100}\])")
_TARGET: Final = re.compile(r"\]\(\s{0,4}<?([^()<>\s]{1,500})")
_CODE_OF_MDX: Final = ("export ", "import ")
"""The only beginnings with a letter that are no text."""
_CODE_GOES_ON: Final = ("{", "(", "[", "=>")
_CODE_ENDS: Final = ("}", ")", "]")
"""Where code of several lines ends: not indented."""
_ADMONITION: Final = re.compile(
    r" {0,3}(?:!!!|\?\?\?|===|:::|%%|\{%|\{\{|<|>|\||-8<-|--8<--|export |import )"
)


def read_markdown(text: str, most: int = PARAGRAPHS) -> Page:
    """The page's own title and opening, of so many paragraphs at most.

    A title in the front matter wins over the heading; a heading below text is that of a part.
    """
    matter, body = front_matter(text)
    title = matter.get("title", "")
    paragraphs = [from_markdown(matter[key]) for key in ("description",) if matter.get(key)]
    shell, headings, lead, brief, spoken = "", 0, len(paragraphs), False, False
    may_be_shell = ":::" in body
    for kind, content in _blocks(body):
        if kind == "heading":
            headings += 1
            title = title or ("" if spoken else from_markdown(content))
        elif kind == "shell":
            shell = shell or content
        elif kind == "paragraph" and len(paragraphs) < most and (plain := _prose(content)):
            paragraphs.append(plain)
            lead += headings < 2
            spoken = True
        elif not paragraphs:
            brief = brief or _shows_something(content)
        if (title or spoken) and len(paragraphs) >= most and not may_be_shell:
            break
    if not title and (match := _HTML_TITLE.search(body[:4000])):
        title = from_markdown(match[1])
    return Page(
        title=title,
        paragraphs=tuple(paragraphs),
        brief=brief and not paragraphs,
        lead=lead,
        documents=shell,
    )


def front_matter(text: str) -> tuple[Mapping[str, str], str]:
    """What a leading block says, and the text after it: `---` around YAML or `+++` around TOML.

    Of YAML the simple `key: value` lines are read, of TOML the texts and numbers before any table.
    """
    if not text.startswith(("---\n", "+++\n")):
        return {}, text
    lines = text[:20_000].split("\n")
    if lines[0] not in lines[1:]:
        return {}, text
    end = lines.index(lines[0], 1)
    matter = (_yaml_matter if lines[0] == "---" else _toml_matter)(lines[1:end])
    return matter, text[sum(len(line) + 1 for line in lines[: end + 1]) :]


def _yaml_matter(lines: Sequence[str]) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in lines if line[:1].isalpha())
    return {key.strip().lower(): value.strip().strip("'\"") for key, _, value in pairs}


def _toml_matter(lines: Sequence[str]) -> Mapping[str, str]:
    top_level = "\n".join(lines).partition("\n[")[0]
    return {
        match[1].lower(): " ".join(match[match.lastindex or 1].replace("\\\n", " ").split())
        for match in _TOML_PAIR.finditer(top_level)
    }


def link_targets(text: str) -> tuple[str, ...]:
    """Addresses of the inline links, in order."""
    return tuple(match[1] for match in _TARGET.finditer(text))


def _prose(paragraph: str) -> str:
    """The paragraph as plain words; empty when it is links, badges or markup only."""
    start = paragraph[:2000]
    if not any(map(str.isalpha, _LINK_ONLY.sub("", start) if "[" in start else start)):
        return ""
    plain = from_markdown(paragraph)
    return plain if says_something(plain) else ""


def _shows_something(line: str) -> bool:
    """Whether the first line of a block promises a reader more than links and markup."""
    if line.startswith(_FENCES):
        return not line[3:].startswith("{")
    if _ADMONITION.match(line) and not line.startswith("|"):
        return False
    return says_little(_LINK_ONLY.sub("", line))


def _blocks(body: str) -> Iterator[tuple[str, str]]:
    """Headings, paragraphs and shells of the opening; of other blocks the first line."""
    paragraph: list[str] = []
    inside = ""
    below_title = False
    for line in body.split("\n", LINES)[:LINES]:
        stripped = line.strip()
        if line[:1].isalpha() and not inside and not line.startswith(_CODE_OF_MDX):
            paragraph.append(stripped.removesuffix("\\"))
            below_title = False
            continue
        if _is_silent(stripped):
            continue
        if inside:
            inside = "" if _closes(inside, line) else inside
        elif heading := _HEADING.match(line):
            yield from _flush(paragraph)
            yield "heading", line[heading.end() :].rstrip(" #").split(" {#")[0]
            below_title = True
            continue
        elif below_title and (quote := _QUOTE.match(line)):
            paragraph.append(quote[1].strip())
            continue
        elif paragraph and _UNDERLINE.match(line):
            yield "heading", " ".join(paragraph)
            paragraph = []
            below_title = True
        elif opened := _opens(line, stripped, bool(paragraph)):
            yield from _flush(paragraph)
            yield from _shell(stripped)
            yield "block", stripped
            inside = opened
        elif stripped:
            paragraph.append(stripped.removesuffix("\\"))
        else:
            yield from _flush(paragraph)
        below_title = below_title and not stripped
    yield from _flush(paragraph)


def _is_silent(line: str) -> bool:
    """Whether a line shows nothing by itself: a comment, or the target of a link elsewhere."""
    if not line.startswith(("[", "<!--")):
        return False
    return (line.startswith("<!--") and "-->" in line) or bool(_DEFINITION.match(line))


def _flush(paragraph: list[str]) -> Iterator[tuple[str, str]]:
    if paragraph:
        yield "paragraph", " ".join(paragraph)
        paragraph.clear()


def _shell(line: str) -> Iterator[tuple[str, str]]:
    if shell := _SHELL.match(line):
        yield "shell", shell[1]


def _opens(line: str, stripped: str, in_paragraph: bool) -> str:
    """What block, to be left out, starts on this line; empty when none does."""
    if not line:
        return ""
    if stripped.startswith(_FENCES):
        return stripped[:3]
    if stripped.startswith("<!--"):
        return "comment"
    if (raw := _RAW.match(stripped)) and not _closes(end := f"</{raw[1].lower()}>", stripped):
        return end
    if line.startswith(_CODE_OF_MDX) and stripped.endswith(_CODE_GOES_ON):
        return "code"
    if _ADMONITION.match(line) or _LIST_ITEM.match(line) or _SHELL.match(stripped):
        return "blank"
    return "blank" if line.startswith(("    ", "\t")) and not in_paragraph else ""


def _closes(inside: str, line: str) -> bool:
    stripped = line.strip()
    if inside in _FENCES:
        return stripped.startswith(inside)
    if inside == "code":
        return line.startswith(_CODE_ENDS)
    if inside == "comment":
        return "-->" in stripped
    if inside.startswith("</"):
        return inside in stripped.lower()
    return not stripped
