"""Builds the package (PEP 517, PEP 660) with the standard library alone: `pip install` needs neither network nor
setuptools. What is built depends on nothing but the sources: the same bytes each time."""
import base64
import hashlib
import io
import re
import tarfile
import zipfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
NAME = "agentiv"
TAG = "py3-none-any"
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "agentiv", "packaging", "tests")


def version():
    return re.search(r'__version__ = "([^"]+)"', (TOP / "agentiv/_version.py").read_text(encoding="utf-8"))[1]


def metadata():
    head = (TOP / "packaging/METADATA").read_text(encoding="utf-8").replace("@VERSION@", version())
    return (head + "\n" + (TOP / "README.md").read_text(encoding="utf-8")).encode()


def files(*names):
    """(path below TOP, bytes) of files and whole folders, in order."""
    found = [p for name in names for p in ([TOP / name] if (TOP / name).is_file() else (TOP / name).rglob("*"))]
    for path in sorted(p for p in found if p.is_file() and "__pycache__" not in p.parts):
        yield path.relative_to(TOP).as_posix(), path.read_bytes()


def write_wheel(folder, contents):
    info = f"{NAME}-{version()}.dist-info"
    wheel = f"Wheel-Version: 1.0\nGenerator: {NAME}\nRoot-Is-Purelib: true\nTag: {TAG}\n"
    contents = [*contents, (f"{info}/licenses/LICENSE", (TOP / "LICENSE").read_bytes()),
                (f"{info}/METADATA", metadata()), (f"{info}/WHEEL", wheel.encode())]
    record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in contents) + f"{info}/RECORD,,\n"
    file = f"{NAME}-{version()}-{TAG}.whl"
    with zipfile.ZipFile(Path(folder, file), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [*contents, (f"{info}/RECORD", record.encode())]:
            entry = zipfile.ZipInfo(name)
            entry.external_attr, entry.compress_type = 0o100644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return file


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


# ---- the hooks ----

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(wheel_directory, files("agentiv"))


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(wheel_directory, [(f"{NAME}.pth", f"{TOP}\n".encode())])


def build_sdist(sdist_directory, config_settings=None):
    base = f"{NAME}-{version()}"
    with tarfile.open(Path(sdist_directory, f"{base}.tar.gz"), "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, data in [*files(*SOURCES), ("PKG-INFO", metadata())]:
            entry = tarfile.TarInfo(f"{base}/{name}")
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return f"{base}.tar.gz"
