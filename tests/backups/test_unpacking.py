"""What is laid out of a backup stays in its folder: files and folders only, no way out."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from pipelines.backups.content import _extract


def unpack(folder: Path, entry: tarfile.TarInfo, content: bytes = b"") -> None:
    entry.size = len(content)
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w|") as tar:
        tar.addfile(entry, io.BytesIO(content))
    with tarfile.open(fileobj=io.BytesIO(written.getvalue()), mode="r|") as tar:
        for found in tar:
            _extract(tar, found, folder)


def test_file_is_written_with_its_folder(tmp_path: Path) -> None:
    unpack(tmp_path, tarfile.TarInfo("policy/classes.yaml"), b"a: 1")
    assert (tmp_path / "policy" / "classes.yaml").read_bytes() == b"a: 1"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_link_or_device_is_refused(tmp_path: Path, kind: bytes) -> None:
    entry = tarfile.TarInfo("policy/link")
    entry.type, entry.linkname = kind, "../../elsewhere"
    with pytest.raises(tarfile.TarError):
        unpack(tmp_path, entry)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["policy/../../out", "/out"])
def test_way_out_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(tarfile.TarError):
        unpack(folder, tarfile.TarInfo(name), b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
