"""The command `code`: symbols on disk, read back, and every bit of their size accounted for."""

import math
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import bitsapart.coding as coding
from bitsapart.cli.answers import adding, rows, signed, significant
from bitsapart.cli.numbers import Pair
from bitsapart.cli.questions import bits, length, name
from bitsapart.measures.relation import relate
from bitsapart.report.words import visible
from bitsapart.values.codec import encode, to_text
from bitsapart.values.errors import DataError, UsageError
from bitsapart.values.whole_file import check_writable, is_stream, write_whole

SCHEMA = "bitsapart.code/1"
BYTES = 256


def checked(output: Path | None, inputs: list[str]) -> Path | None:
    """The file to be written, if it can be, can be read back, and is none of the inputs."""
    if output is None:
        return None
    if output == Path("-") or is_stream(output):
        raise UsageError("the coded bytes are read back and decoded: give --output the name of a file")
    there = {Path(given).expanduser().resolve() for given in inputs if len(given) < 4096 and "\0" not in given}
    if output.expanduser().resolve() in there:
        raise UsageError(f"{output} is read: write the coded bytes elsewhere")
    return check_writable(output)


@dataclass(frozen=True)
class Task:
    """Symbols, the P that they are from, the Q under which they are to be coded, and all of this in words."""

    symbols: Any = field(repr=False)
    p: list[float]
    q: list[float]
    source: str
    model: str
    seed: int | None = None

    @classmethod
    def drawn(cls, pair: Pair, symbols: int, seed: int, logits: bool) -> Self:
        """So many symbols drawn from P."""
        p, q = (side.probabilities(not logits, logits) for side in (pair.p, pair.q))
        for place, (mass, share) in enumerate(zip(p, q, strict=True)):
            if mass > 0 and share == 0:
                raise UsageError(
                    f"outcome {name(pair.p.name(place))} has probability {mass:.4g} under P and 0 under Q: its code"
                    " would be infinitely long, as KL(P || Q) is infinite; give it a share of Q"
                )
        found = coding.draw(p, symbols, seed)
        return cls(found, p, q, f"{symbols:,} symbols drawn from P (seed {seed})", "the model Q", seed)

    @classmethod
    def bytes_of(cls, arguments: list[str], like: Path, prior: float) -> Self:
        """The bytes of a file, under the frequencies of bytes in another."""
        if len(arguments) != 1:
            raise UsageError(f"with --like, one file is coded; got {len(arguments)} arguments")
        path = Path(arguments[0])
        data, other = _read(path), _read(like)
        q = [count + prior for count in _counts(other)]
        for byte, (own, weight) in enumerate(zip(_counts(data), q, strict=True)):
            if own and not weight:
                raise UsageError(
                    f"byte 0x{byte:02x}{_character(byte)} is in {path} and not in {like}: its code would be infinitely"
                    " long; --prior 0.5 adds half a byte of each kind to the other file's"
                )
        total = math.fsum(q)
        note = f" and a prior of {prior:g}" if prior else ""
        return cls(
            memoryview(data),
            coding.shares(memoryview(data), BYTES).tolist(),
            [weight / total for weight in q],
            f"{len(data):,} bytes of {visible(str(path))}",
            f"the bytes of {visible(str(like))}{note}",
        )


@dataclass(frozen=True)
class Compressed:
    """What became of the symbols: sizes in bytes, and where the bits are."""

    task: Task
    place: Path | None
    size: int
    size_true: int
    entropy: float
    divergence: float
    sampling: float
    """Bits each that the symbols take above H(P, Q) because they are not exactly P."""
    deviation: float
    """The standard deviation of that."""
    rounding: float
    """Bits each that they take because the coder rounds Q."""

    @classmethod
    def of(cls, task: Task, place: Path | None) -> Self:
        """Code the symbols, write them, read them back, and compare."""
        with tempfile.TemporaryDirectory(prefix="bitsapart.") as folder:
            size = _on_disk(task, place or Path(folder) / "symbols.bin")
        found = relate(task.p, task.q, normalize=True)
        p, q = task.p, task.q
        places = [i for i in range(len(q)) if q[i] > 0]
        own = coding.shares(task.symbols, len(q)).tolist()
        units = coding.weights(q).tolist()
        mean = float(found.entropy) + float(found.divergence)
        above = {i: -math.log2(q[i]) - mean for i in places}
        return cls(
            task,
            place,
            size,
            len(coding.encode(task.symbols, p)),
            float(found.entropy),
            float(found.divergence),
            math.fsum((own[i] - p[i]) * above[i] for i in places),
            math.sqrt(math.fsum(p[i] * above[i] ** 2 for i in places) / len(task.symbols)),
            math.fsum(own[i] * math.log2(q[i] * 2**coding.PLACES / units[i]) for i in places),
        )

    @property
    def number(self) -> int:
        """How many symbols."""
        return len(self.task.symbols)

    @property
    def size_fixed(self) -> int:
        """Bytes of a fixed-length code of the symbols."""
        return -(-length(len(self.task.q)) * self.number // 8)

    @property
    def differences(self) -> dict[str, float]:
        """What adds up to bits a symbol on disk less H(P, Q)."""
        rest = 8 * self.size / self.number - self.entropy - self.divergence - self.sampling - self.rounding
        return {"sampling": self.sampling, "rounding": self.rounding, "coder": rest}

    def to_text(self) -> str:
        """Sizes, the identity, and what lies between."""
        place = "a temporary file" if self.place is None else visible(str(self.place))
        true = "P itself" if self.task.seed is not None else "its own bytes"
        sizes = [("", "bytes", "bits each")]
        for what, size in (
            (f"coded under {self.task.model}", self.size),
            (f"coded under {true}", self.size_true),
            (f"fixed length, {bits(length(len(self.task.q)))} each", self.size_fixed),
        ):
            sizes.append((what, f"{size:,}", f"{8 * size / self.number:.6f}"))
        total, (least, excess), _ = adding([self.entropy, self.divergence])
        identity = [
            ("  entropy H(P)", least, "bits each: P's own code"),
            ("+ divergence KL(P || Q)", excess, "the cost of Q"),
            ("= cross-entropy H(P, Q)", total, "expected on disk"),
        ]
        last = self.differences["coder"] * self.number
        spread = significant(self.deviation, 2)
        remarks = {
            "sampling": f"chance: these symbols are not exactly P (typically {spread} either way)",
            "rounding": f"the coder rounds Q to {coding.PLACES} binary places, never to 0",
            "coder": f"the coder's state, which is a whole number, in words of 32 bits ({last:.0f} bits in all)",
        }
        if self.task.seed is None:
            del remarks["sampling"]
        over = list(zip(signed([self.differences[what] for what in remarks], 3), remarks.values(), strict=True))
        head = f"{self.task.source}, coded, written to {place}, read back and decoded: all the same."
        between = f"On disk, above the cross-entropy (bits each):\n{rows(over, left=[1])}"
        return "\n\n".join((head, rows(sizes, left=[0]), rows(identity), between))

    def to_json(self) -> str:
        """All digits."""
        sizes = {"model": self.size, "true": self.size_true, "fixed_length": self.size_fixed}
        document = {
            "schema": SCHEMA,
            "unit": "bit",
            "symbols": self.number,
            "seed": self.task.seed,
            "file": None if self.place is None else str(self.place),
            "bytes": sizes,
            "bits_per_symbol": {what: 8 * size / self.number for what, size in sizes.items()},
            "entropy": self.entropy,
            "divergence": self.divergence,
            "cross_entropy": self.entropy + self.divergence,
            "above_cross_entropy": self.differences,
            "sampling_deviation": None if self.task.seed is None else self.deviation,
        }
        return to_text(encode(document)).rstrip("\n")


def _on_disk(task: Task, place: Path) -> int:
    """Bytes of the file that holds the code of the symbols, once they have been read from it again."""
    write_whole(place, coding.encode(task.symbols, task.q))
    data = place.read_bytes()
    if not (coding.decode(data, task.q, len(task.symbols)) == task.symbols).all():
        raise DataError(f"{place}: the symbols that were decoded are not those that were coded")
    return len(data)


def _read(path: Path) -> bytes:
    try:
        data = path.expanduser().read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    if not data:
        raise DataError(f"{path} is an empty file")
    return data


def _counts(data: bytes) -> list[int]:
    return [data.count(byte) for byte in range(BYTES)]


def _character(byte: int) -> str:
    return f" ({chr(byte)!r})" if 0x20 <= byte < 0x7F else ""
