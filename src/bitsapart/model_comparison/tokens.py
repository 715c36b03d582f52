"""What the ids of a vocabulary stand for.

Byte-level vocabularies (GPT-2, Llama 3) write each byte as a printable character, 0x20 as "Ġ"; those of SentencePiece
write a space as "▁" and single bytes as "<0x0A>". Nothing but the table of ids is read from a tokenizer's file.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from bitsapart.values.errors import DataError, UsageError

BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
SPACE = "▁"
Pairs = list[tuple[str, int]]


def byte_alphabet() -> dict[str, bytes]:
    """The characters that stand for bytes: printable ones for themselves, the others from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    numbers = {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}
    return {character: bytes([byte]) for character, byte in numbers.items()}


ALPHABET = byte_alphabet()


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The bytes of each token, by its id; empty where none are known."""

    pieces: Mapping[int, bytes]

    def text(self, token: int) -> str:
        """A token as text, single bytes of a character in hexadecimal, or its id; nothing for one that is not known."""
        if token < 0:
            return ""
        piece = self.pieces.get(token)
        return f"#{token}" if piece is None else piece.decode("utf-8", "backslashreplace")

    def join(self, tokens: Iterable[int]) -> str:
        """Tokens in a row as text."""
        known = [(token, self.pieces.get(token)) for token in tokens if token >= 0]
        if not self.pieces:
            return " ".join(f"#{token}" for token, _ in known)
        parts = [f"#{token}".encode() if piece is None else piece for token, piece in known]
        return b"".join(parts).decode("utf-8", "replace")


def open_vocabulary(source: object) -> tuple[Vocabulary, dict[str, int]]:
    """A vocabulary, and the id of each token as it is written there.

    ``source``: the path of a tokenizer.json, of a vocab.json ({token: id} or a list), or of a text file with a token a
    line; a list of tokens, a mapping of tokens to ids; None for none.
    """
    if source is None:
        return Vocabulary({}), {}
    ids, special = raw_tokens(source)
    if not ids and not special:
        raise DataError("tokens holds no tokens")
    decode = decoder(set().union(*(token for token, _ in ids)))
    pieces = {number: decode(token) for token, number in ids}
    pieces |= {number: token.encode("utf-8", "replace") for token, number in special}
    return Vocabulary(pieces), dict([*ids[::-1], *special])


def raw_tokens(source: object) -> tuple[Pairs, Pairs]:
    """Tokens and ids, and those that were added to them and stand for themselves."""
    if isinstance(source, str | PathLike):
        return from_file(Path(source).expanduser())
    if isinstance(source, Mapping):
        return numbered(source.items(), "tokens"), []
    listed = source.tolist() if hasattr(source, "tolist") else source
    if isinstance(listed, Sequence):
        return in_order(listed, "tokens"), []
    raise UsageError(f"tokens should be a path or a list of tokens, not {type(source).__name__}")


def from_file(path: Path) -> tuple[Pairs, Pairs]:
    """The tokens of a file."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"no such file: {str(path)!r}") from error
    except (OSError, UnicodeError, ValueError) as error:
        raise DataError(f"tokens cannot be read from {path}: {error}") from error
    if path.suffix.lower() != ".json":
        lines = text.split("\n")  # a token may hold any other line break
        return in_order([line.removesuffix("\r") for line in (lines[:-1] if not lines[-1] else lines)], str(path)), []
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no JSON: {error}") from error
    return from_document(document, str(path))


def from_document(document: Any, name: str) -> tuple[Pairs, Pairs]:
    """The tokens of a tokenizer.json or vocab.json."""
    if isinstance(document, list):
        return in_order(document, name), []
    if not isinstance(document, dict):
        raise DataError(f"{name} is no vocabulary: it should map tokens to ids")
    model = document.get("model")
    if not isinstance(model, dict):
        return numbered(document.items(), name), []
    vocabulary = model.get("vocab")
    if isinstance(vocabulary, list):  # Unigram: pairs of a token and its score
        ids = in_order([item[0] if isinstance(item, list) and item else item for item in vocabulary], name)
    elif isinstance(vocabulary, dict):
        ids = numbered(vocabulary.items(), name)
    else:
        raise DataError(f"{name} has no vocabulary in its model")
    try:
        added = [(item["content"], item["id"]) for item in document.get("added_tokens") or []]
    except (KeyError, TypeError) as error:
        raise DataError(f"{name} has added tokens without content and id") from error
    return ids, numbered(added, name)


def numbered(items: Iterable[tuple[Any, Any]], name: str) -> Pairs:
    """Tokens with their ids, each a text and a whole number."""
    found = list(items)
    for token, number in found:
        if not isinstance(token, str) or not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise DataError(f"{name} should map tokens to ids, but has {str(token)[:40]!r}: {str(number)[:40]}")
    return found


def in_order(tokens: Sequence[Any], name: str) -> Pairs:
    """Tokens whose ids are their places."""
    for place, token in enumerate(tokens):
        if not isinstance(token, str):
            raise DataError(f"{name} should be a list of tokens, but has {str(token)[:40]} at {place}")
    return [(token, place) for place, token in enumerate(tokens)]


def decoder(characters: set[str]) -> Callable[[str], bytes]:
    """How tokens are written, told by their characters."""
    if "Ġ" in characters and " " not in characters:
        return from_byte_level
    return from_sentencepiece if SPACE in characters else as_written


def as_written(token: str) -> bytes:
    """The bytes of a token that stands for itself."""
    return token.encode("utf-8", "replace")


def from_byte_level(token: str) -> bytes:
    """The bytes of a token whose characters are bytes."""
    return b"".join(ALPHABET.get(character) or as_written(character) for character in token)


def from_sentencepiece(token: str) -> bytes:
    """The bytes of a token of SentencePiece."""
    byte = BYTE.fullmatch(token)
    return bytes([int(byte[1], 16)]) if byte else as_written(token.replace(SPACE, " "))
