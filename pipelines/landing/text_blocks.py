"""Text of a file as blocks of UTF-8, whatever its encoding; a byte order mark is taken off."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipelines.common.errors import InputError
from pipelines.landing.files import input_error

_UTF_8 = ("utf-8", "utf-8-sig")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def utf8_blocks(path: Path, stream: BinaryIO, encoding: str, block_bytes: int) -> Iterator[bytes]:
    """Blocks of about ``block_bytes``, in UTF-8; a block may end within a character or a row.

    Files in UTF-8 are handed on as they are, and whoever decodes their cells finds bad bytes.

    Raises:
        InputError: ``wrong_encoding``, with the line where the first bad byte is.
    """
    block = stream.read(block_bytes)
    _check_mark(path, block, encoding)
    if encoding in _UTF_8:
        block = block.removeprefix(codecs.BOM_UTF8)
        while block:
            yield block
            block = stream.read(block_bytes)
        return
    yield from _transcoded(path, stream, encoding, block, block_bytes)


def _transcoded(
    path: Path, stream: BinaryIO, encoding: str, block: bytes, block_bytes: int
) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    line, is_first = 1, True
    while True:
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:
            # What comes before the bad byte still counts lines; the bad byte itself is not told.
            good = getattr(error, "start", 0)
            line += block[:good].decode(encoding, errors="ignore").count("\n")
            raise wrong_encoding(path, encoding, line) from None
        text = text.removeprefix("\ufeff") if is_first else text
        line += text.count("\n")
        is_first = False
        if text:
            yield text.encode("utf-8", errors="surrogatepass")
        if not block:
            return
        block = stream.read(block_bytes)


def wrong_encoding(path: Path, encoding: str, line: int) -> InputError:
    """The error for bytes that are not text in the declared encoding."""
    other = "windows-1252" if encoding in _UTF_8 else "utf-8"
    return input_error(
        path,
        f"the text is not {encoding}",
        "wrong_encoding",
        f"set encoding in the mapping, perhaps {other}",
        line=line,
    )


def _check_mark(path: Path, start: bytes, encoding: str) -> None:
    for mark, family in _MARKS:
        if start.startswith(mark) and not encoding.startswith(family):
            raise input_error(
                path, f"the file says that it is {family}, the mapping says {encoding}",
                "wrong_encoding", f"set encoding: {family} in the mapping",
            )  # fmt: skip
    probe = start[:4096]
    if encoding in _UTF_8 and _every_other_byte_is_nul(probe):
        raise input_error(
            path, f"the text is not {encoding}", "wrong_encoding",
            "set encoding in the mapping, perhaps utf-16-le", line=1,
        )  # fmt: skip


def _every_other_byte_is_nul(probe: bytes) -> bool:
    """How western text in UTF-16 without a mark looks."""
    half = len(probe) // 2
    counts = sorted((probe[0::2].count(0), probe[1::2].count(0)))
    return half >= 4 and counts[1] > 0.8 * half and counts[0] < 0.2 * half
