"""A code that really compresses: symbols drawn from P and coded under a model Q take H(P, Q) bits each on disk.

The coder is an asymmetric numeral system (Duda 2009), from the optional package ``constriction``. It works with whole
numbers, so a model is rounded to 24 binary places first: ``weights`` says how, and its cost is a number like any other,
at most -log2(1 - K / 2^24) bits a symbol for K outcomes.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.values.errors import DataError, UsageError

Array = NDArray[np.float64]
Symbols = NDArray[np.int32]

PLACES = 24
"""Binary places of a probability in the coder."""
MOST_OUTCOMES = 1 << 20
"""With more, the rounding would cost more than a tenth of a bit a symbol."""
CHUNK = 1 << 20
WORD = np.dtype("<u4")
START = np.array([0, 1], WORD)
"""What the coder holds at first, and must hold again after decoding. An empty one would swallow runs of outcome 0."""
NO_CODER = "coding needs the package constriction: pip install 'bitsapart[code]'"


def encode(symbols: ArrayLike, q: ArrayLike) -> bytes:
    """The bytes of symbols under the model q: whole words of 32 bits, about H(P, Q) bits for each symbol drawn from P.

    ``symbols``, shape (n,), are numbers of outcomes from 0; ``q``, shape (outcomes,), is a distribution. The bytes hold
    neither q nor n: ``decode`` needs both.

    >>> import numpy as np
    >>> symbols = np.array([0, 1, 2, 0] * 1000)
    >>> data = encode(symbols, [0.5, 0.25, 0.25])
    >>> 8 * len(data) / len(symbols)
    1.512
    >>> bool(np.all(decode(data, [0.5, 0.25, 0.25], 4000) == symbols))
    True
    """
    q = _distribution(q)
    codes = _codes(_numbers(symbols, len(q)), q)
    if np.count_nonzero(q) == 1 or not len(codes):  # nothing to tell
        return b""
    coder = _coder(START)
    coder.encode_reverse(codes, _model(q))
    return np.asarray(coder.get_compressed()).astype(WORD).tobytes()


def decode(data: bytes, q: ArrayLike, n: int) -> Symbols:
    """The n symbols that ``encode`` turned into these bytes under the same model q; shape (n,), int32.

    Other bytes, another model or another n are an error: the coder does not end in the state that it started from.

    >>> decode(encode([2, 0, 1], [0.2, 0.3, 0.5]), [0.2, 0.3, 0.5], 3).tolist()
    [2, 0, 1]
    """
    q = _distribution(q)
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise UsageError(f"n is the number of symbols, a whole number from 0; got {n!r}")
    possible = np.flatnonzero(q).astype(np.int32)
    wrong = DataError(f"these {len(data):,} bytes are not the code of {n:,} symbols under this model")
    if len(possible) == 1 or n == 0:
        if data:
            raise wrong
        return np.repeat(possible[:1], n)
    if len(data) < START.nbytes or len(data) % WORD.itemsize or not any(data[-WORD.itemsize :]):
        raise wrong
    coder = _coder(np.frombuffer(data, WORD))
    codes = coder.decode(_model(q), int(n))
    if not np.array_equal(coder.get_compressed(), START):
        raise wrong
    return np.asarray(possible[codes])


def weights(q: ArrayLike) -> NDArray[np.int64]:
    """The model as the coder has it: whole numbers that sum to 2^24, at least 1 where q > 0; shape (outcomes,).

    Rounded down cumulatively, after one unit is set aside for each outcome that can occur.

    >>> weights([1e-12, 0.0, 0.25, 0.75]).tolist()
    [1, 0, 4194304, 12582911]
    """
    q = _distribution(q)
    possible = q > 0
    sums = np.cumsum(q[possible])
    units = np.arange(1, len(sums) + 1)
    ends = np.floor(sums / sums[-1] * ((1 << PLACES) - len(sums))).astype(np.int64) + units
    found = np.zeros(len(q), np.int64)
    found[possible] = np.diff(ends, prepend=0)
    return found


def draw(p: ArrayLike, n: int, seed: int) -> Symbols:
    """Symbols drawn from p, numbers of outcomes from 0; shape (n,). The same seed draws the same with any NumPy.

    >>> draw([0.5, 0.0, 0.5], 8, seed=0).tolist()
    [2, 0, 0, 0, 2, 2, 2, 2]
    """
    sums = np.cumsum(_distribution(p))
    random = np.random.default_rng(seed)
    parts = [random.random(min(CHUNK, n - start)) for start in range(0, n, CHUNK)]
    found = [np.searchsorted(sums / sums[-1], part, side="right").astype(np.int32) for part in parts]
    return np.concatenate([np.zeros(0, np.int32), *found])


def shares(symbols: ArrayLike, outcomes: int) -> Array:
    """How often each outcome is among the symbols, which are at least one; shape (outcomes,).

    >>> shares([0, 2, 2, 0], 3).tolist()
    [0.5, 0.0, 0.5]
    """
    found = _numbers(symbols, outcomes)
    return np.asarray(np.bincount(found, minlength=outcomes) / len(found))


def _model(q: Array) -> Any:
    """The coder's model with exactly these weights: it sets a unit aside for each outcome by itself."""
    found = weights(q)
    return _library().model.Categorical(found[found > 0] - 1.0, perfect=False)


def _coder(words: NDArray[np.uint32]) -> Any:
    """A coder that holds these words."""
    return _library().stack.AnsCoder(words.astype(np.uint32))


def _library() -> Any:
    """Streams of the optional package."""
    try:
        import constriction
    except ModuleNotFoundError as error:
        if error.name != "constriction":
            raise
        raise UsageError(NO_CODER) from error
    return constriction.stream


def _distribution(q: ArrayLike) -> Array:
    """The model as an array, if the coder can work with it."""
    q = np.asarray(q, dtype=np.float64)
    if q.ndim != 1 or not 0 < len(q) <= MOST_OUTCOMES:
        raise UsageError(f"a model is one list of 1 to {MOST_OUTCOMES:,} probabilities; got shape {q.shape}")
    wrong = np.flatnonzero(~(q >= 0) | np.isinf(q))
    if len(wrong):
        raise UsageError(f"outcome {wrong[0]} of the model has probability {q[wrong[0]]}")
    if abs(q.sum() - 1) > np.sqrt(np.finfo(np.float64).eps):
        raise UsageError(f"the model's probabilities sum to {q.sum():.10g}, not to 1")
    return q


def _numbers(symbols: ArrayLike, outcomes: int) -> NDArray[np.int64]:
    """The symbols as an array of numbers of outcomes."""
    found = np.asarray(symbols)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise UsageError(f"symbols are one list of whole numbers; got {found.dtype} of shape {found.shape}")
    if found.size and (found.min() < 0 or found.max() >= outcomes):
        raise UsageError(
            f"symbols are numbers of outcomes from 0 to {outcomes - 1}; these go from {found.min()} to {found.max()}"
        )
    return found.astype(np.int64)


def _codes(symbols: NDArray[np.int64], q: Array) -> Symbols:
    """The symbols numbered among the outcomes that the model holds possible."""
    impossible = np.flatnonzero(q[symbols] == 0)
    if len(impossible):
        place = impossible[0]
        raise UsageError(
            f"symbol {place} is outcome {symbols[place]}, which has probability 0 under the model:"
            " its code would be infinitely long"
        )
    return np.asarray((np.cumsum(q > 0) - 1)[symbols].astype(np.int32))
