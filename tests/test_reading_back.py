"""The record inside a figure is read back, and nothing else is taken for one."""

import json
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from experiments.reading_back import MAX_BYTES, read_provenance
from sim import InputError

RECORD = {"versions": {"winset": "9"}, "seed": 0, "study": {"title": "a (b) \\ c"}}
PDF = b"%PDF-1.4\n1 0 obj\n<< /Subject ("


def png(path, **words):
    """A picture that says something about itself."""
    info = PngImagePlugin.PngInfo()
    for name, text in words.items():
        info.add_text(name, text)
    Image.new("L", (2, 2)).save(path, pnginfo=info)
    return path


def test_a_record_comes_back_from_a_picture_with_its_brackets_and_strokes(tmp_path):
    text = json.dumps(RECORD)
    assert read_provenance(png(tmp_path / "a.png", Description=text)) == RECORD
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    for written in (escaped, text.replace("\\", "\\\\")):  # brackets in pairs may stand as they are
        (tmp_path / "a.pdf").write_bytes(PDF + written.encode() + b") >>\nendobj\n")
        assert read_provenance(tmp_path / "a.pdf") == RECORD
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><metadata><d:description '
        f'xmlns:d="http://purl.org/dc/elements/1.1/">{text}</d:description></metadata></svg>'
    )
    (tmp_path / "A.SVG").write_text(svg)
    assert read_provenance(tmp_path / "A.SVG") == RECORD


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b""), ("a.png", b"\x89PNG\r\n\x1a\n"), ("a.png", b"GIF89a"), ("a.svg", b""),
        ("a.svg", b"<svg"), ("a.svg", b"<svg/>"), ("a.pdf", b""), ("a.pdf", b"%PDF-1.4"),
        ("a.pdf", PDF + b"{}"), ("a.pdf", PDF + b"\\"), ("a.pdf", PDF + b"{}) >>"),
        ("a.pdf", PDF + b"[1]) >>"), ("a.pdf", PDF + b"\xff) >>"),
        ("a.pdf", PDF + b"[" * 10**5 + b")"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_record_is_told_so(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: (holds no provenance of Winset|cannot be read)"):
        read_provenance(path)


def test_the_picture_of_another_program_holds_no_record(tmp_path):
    for words in ({}, {"Description": "a holiday"}, {"Description": '{"versions_": 1}'}):
        with pytest.raises(InputError, match="holds no provenance of Winset"):
            read_provenance(png(tmp_path / "a.png", **words))


def test_a_file_of_another_kind_or_none_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.gif: must end in \.png, \.svg, \.pdf"):
        read_provenance(tmp_path / "a.gif")
    with pytest.raises(InputError, match=r"a\.png: cannot be read: No such file"):
        read_provenance(tmp_path / "a.png")
    (tmp_path / "b.pdf").mkdir()
    with pytest.raises(InputError, match=r"b\.pdf: cannot be read: Is a directory"):
        read_provenance(tmp_path / "b.pdf")


def test_a_file_too_large_to_be_a_figure_is_not_read(tmp_path):
    with open(tmp_path / "a.pdf", "wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(InputError, match="larger than the 100000000 bytes"):
        read_provenance(tmp_path / "a.pdf")


@pytest.mark.parametrize("side", [10_000, 200_000])
def test_a_picture_of_more_points_than_memory_holds_is_not_unpacked(tmp_path, side):
    head = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 4) + b"IDAT")
    with pytest.raises(InputError, match="holds no provenance of Winset"):
        read_provenance(tmp_path / "a.png")


def test_entities_that_grow_without_end_are_not_unfolded(tmp_path):
    lines = ['<!DOCTYPE svg [<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)]
    (tmp_path / "a.svg").write_text("\n".join(lines) + "]><svg>&a11;</svg>")
    with pytest.raises(InputError, match="holds no provenance of Winset"):
        read_provenance(tmp_path / "a.svg")
