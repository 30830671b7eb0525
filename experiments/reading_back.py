"""Where a figure comes from, read back from the file: PNG, SVG and PDF carry it inside."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sim.errors import InputError

MAX_BYTES = 100_000_000
_DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


def read_provenance(file: Path) -> dict[str, Any]:
    """The record that a figure of Winset holds.

    Raises
    ------
    InputError
        Where the file is none of PNG, SVG and PDF, cannot be read, or holds no record.
    """
    kind = file.suffix.lower()
    if kind not in _READERS:
        raise InputError(f"{file}: must end in {', '.join(_READERS)}; figures are of these kinds")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(f"{file}: larger than the {MAX_BYTES} bytes that a figure may have")
        record = json.loads(_READERS[kind](file))
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (ValueError, LookupError, SyntaxError, RecursionError):
        raise InputError(f"{file}: holds no provenance of Winset") from None
    if not isinstance(record, dict) or "versions" not in record:
        raise InputError(f"{file}: holds no provenance of Winset")
    return record


def _of_png(file: Path) -> str:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file, formats=["PNG"]) as image:
                return str(image.info["Description"])
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise ValueError("a picture of so many points is no figure") from None


def _of_svg(file: Path) -> str:
    found = next(ElementTree.parse(file).getroot().iter(_DESCRIPTION), None)
    return "" if found is None or found.text is None else found.text


def _of_pdf(file: Path) -> str:
    """The subject in the information of a PDF: a literal string, its escapes undone."""
    raw = file.read_bytes()
    at = raw.index(b"/Subject (") + 10
    text, depth = bytearray(), 1
    while depth:
        byte = raw[at : at + 1]
        if not byte:
            raise ValueError("the string has no end")
        if byte == b"\\":
            at += 1
            byte = raw[at : at + 1]
        else:
            depth += (byte == b"(") - (byte == b")")
        if depth:
            text += byte
        at += 1
    return text.decode("ascii")


_READERS: dict[str, Callable[[Path], str]] = {".png": _of_png, ".svg": _of_svg, ".pdf": _of_pdf}
