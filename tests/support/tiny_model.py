"""A language model small enough to be made on the spot, so that tests run against a real server.

It has random weights and one token for each printable character. The file format is GGUF 3, whose
specification is docs/gguf.md of ggml-org/ggml.
"""

from __future__ import annotations

import math
import random
import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

CONTEXT: Final = 65_536
_WIDTH: Final = 64
_BLOCKS: Final = 2
_HEADS: Final = 4
_FEED: Final = 128
_ALIGNMENT: Final = 32
_SEED: Final = 7
_SPREAD: Final = 0.1

_U32, _I32, _F32, _BOOL, _STRING, _LIST = 4, 5, 6, 7, 8, 9
_PACKED: Final = {_U32: "<I", _I32: "<i", _F32: "<f", _BOOL: "<?"}
_SPECIAL: Final = ("<unk>", "<s>", "</s>")
_BYTES: Final = tuple(f"<0x{byte:02X}>" for byte in range(256))
_LETTERS: Final = tuple(map(chr, range(0x21, 0x7F)))
_TOKENS: Final = (*_SPECIAL, *_BYTES, "\u2581", *_LETTERS)
_KINDS: Final = (2, 3, 3, *[6] * len(_BYTES), *[1] * (1 + len(_LETTERS)))
_TEMPLATE: Final = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"


def write_tiny_model(path: Path) -> None:
    """Write the model; the same bytes each time."""
    shapes = dict(_shapes())
    infos, tensors, offset = list[bytes](), list[bytes](), 0
    values = random.Random(_SEED)
    for name, shape in shapes.items():
        tensor = _aligned(_weights(name, shape, values))
        sizes = b"".join(struct.pack("<Q", size) for size in shape)
        place = struct.pack("<IQ", 0, offset)
        infos.append(_text(name) + struct.pack("<I", len(shape)) + sizes + place)
        tensors.append(tensor)
        offset += len(tensor)
    facts = [*_facts()]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(facts))
    path.write_bytes(_aligned(head + b"".join((*facts, *infos))) + b"".join(tensors))


def _shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "token_embd.weight", (_WIDTH, len(_TOKENS))
    yield "output_norm.weight", (_WIDTH,)
    yield "output.weight", (_WIDTH, len(_TOKENS))
    parts: Mapping[str, tuple[int, ...]] = {
        "attn_norm": (_WIDTH,),
        "ffn_norm": (_WIDTH,),
        **{f"attn_{name}": (_WIDTH, _WIDTH) for name in ("q", "k", "v", "output")},
        "ffn_gate": (_WIDTH, _FEED),
        "ffn_up": (_WIDTH, _FEED),
        "ffn_down": (_FEED, _WIDTH),
    }
    for block in range(_BLOCKS):
        yield from ((f"blk.{block}.{name}.weight", shape) for name, shape in parts.items())


def _weights(name: str, shape: tuple[int, ...], values: random.Random) -> bytes:
    if len(shape) == 1:
        return array("f", [1.0] * shape[0]).tobytes()
    weights = array("f", (values.gauss(0, _SPREAD) for _ in range(math.prod(shape))))
    if name == "output.weight":
        first, last = len(_SPECIAL) * _WIDTH, (len(_SPECIAL) + len(_BYTES)) * _WIDTH
        weights[first:last] = array("f", (weight / 100 for weight in weights[first:last]))
    return weights.tobytes()


def _facts() -> Iterator[bytes]:
    yield _fact("general.architecture", _STRING, "llama")
    yield _fact("general.name", _STRING, "tiny")
    yield _fact("llama.context_length", _U32, CONTEXT)
    yield _fact("llama.embedding_length", _U32, _WIDTH)
    yield _fact("llama.block_count", _U32, _BLOCKS)
    yield _fact("llama.feed_forward_length", _U32, _FEED)
    yield _fact("llama.attention.head_count", _U32, _HEADS)
    yield _fact("llama.attention.head_count_kv", _U32, _HEADS)
    yield _fact("llama.attention.layer_norm_rms_epsilon", _F32, 1e-5)
    yield _fact("llama.rope.dimension_count", _U32, _WIDTH // _HEADS)
    yield _fact("llama.vocab_size", _U32, len(_TOKENS))
    yield _fact("tokenizer.ggml.model", _STRING, "llama")
    yield _facts_of("tokenizer.ggml.tokens", _STRING, _TOKENS)
    yield _facts_of("tokenizer.ggml.scores", _F32, [-1.0] * len(_TOKENS))
    yield _facts_of("tokenizer.ggml.token_type", _I32, _KINDS)
    yield _fact("tokenizer.ggml.unknown_token_id", _U32, 0)
    yield _fact("tokenizer.ggml.bos_token_id", _U32, 1)
    yield _fact("tokenizer.ggml.eos_token_id", _U32, 2)
    yield _fact("tokenizer.ggml.add_space_prefix", _BOOL, False)
    yield _fact("tokenizer.chat_template", _STRING, _TEMPLATE)


def _fact(key: str, kind: int, value: object) -> bytes:
    return _text(key) + struct.pack("<I", kind) + _value(kind, value)


def _facts_of(key: str, kind: int, values: Sequence[object]) -> bytes:
    head = _text(key) + struct.pack("<IIQ", _LIST, kind, len(values))
    return head + b"".join(_value(kind, value) for value in values)


def _value(kind: int, value: object) -> bytes:
    return _text(str(value)) if kind == _STRING else struct.pack(_PACKED[kind], value)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _aligned(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
