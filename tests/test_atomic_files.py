"""Files that hold the old content or the new, and what is no regular file."""

import contextlib
import errno
import json
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import bucket_brigade as bb
from bucket_brigade.atomic_files import (
    check_output,
    is_standard_output,
    is_stream,
    write_bytes,
    write_json,
    write_text,
)

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing may be left over."""
    yield tmp_path
    assert not list(tmp_path.rglob(".*"))


@contextlib.contextmanager
def read_only(place: Path) -> Iterator[None]:
    """A folder as one who may not write there has it, the superuser included."""
    place.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        place.chmod(0o755)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that others may enter, too."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def test_new_files_and_folders(folder: Path) -> None:
    path = folder / "deep" / "er" / "file"
    before = os.umask(0o027)
    try:
        write_bytes(b"new", path)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    write_json({"a": 1}, path)
    assert path.read_text() == '{\n  "a": 1\n}\n'


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o664])
def test_the_mode_stays(mode: int, folder: Path) -> None:
    path = folder / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    inode = path.stat().st_ino
    write_bytes(b"new", path)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.stat().st_ino != inode  # replaced in one step


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser may give files away")
def test_the_owner_stays(folder: Path) -> None:
    path = folder / "file"
    path.write_bytes(b"old")
    os.chown(path, NOBODY, NOBODY)
    write_bytes(b"new", path)
    assert path.read_bytes() == b"new"
    assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, NOBODY)


@pytest.mark.parametrize("there", [True, False])
def test_links_lead_where_they_led(there: bool, folder: Path) -> None:
    (folder / "data").mkdir()
    target = folder / "data" / "target"
    if there:
        target.write_bytes(b"old")
    second, first = folder / "second", folder / "first"
    second.symlink_to(Path("data") / "target")
    first.symlink_to(second)
    check_output(first)
    write_bytes(b"new", first)
    assert first.is_symlink()
    assert second.is_symlink()
    assert target.read_bytes() == b"new"
    assert not target.is_symlink()


def test_all_names_of_a_file_show_the_new_content(folder: Path) -> None:
    one, other = folder / "one", folder / "other"
    one.write_bytes(b"old and longer")
    os.link(one, other)
    write_bytes(b"new", one)
    assert other.read_bytes() == b"new"
    assert one.samefile(other)


def test_a_pipe_stays_one(folder: Path) -> None:
    path = folder / "pipe"
    os.mkfifo(path)
    assert is_stream(path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    check_output(path)
    write_bytes(b"new", path)
    reader.join()
    assert read == [b"new"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_devices_stay_what_they_are() -> None:
    check_output("/dev/null")
    write_bytes(b"new", "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert is_stream("/dev/null")
    assert not is_standard_output("/dev/null")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_device_is_named() -> None:
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        write_bytes(b"new", "/dev/full")


def test_a_full_disk_leaves_the_old_file_and_is_named(folder: Path) -> None:
    path = folder / "file"
    path.write_bytes(b"old")
    # As far as a process can tell, a limit of its own is a disk without room.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="file") as raised:
            write_bytes(bytes(100_000), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert raised.value.errno == errno.EFBIG
    assert raised.value.filename == str(path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(errno.EIO, "broken")])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_nothing_is_left_of_what_failed(
    failure: BaseException, step: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "file"
    path.write_bytes(b"old")

    def fails(*_: object) -> None:
        raise failure

    monkeypatch.setattr(os, step, fails)
    with pytest.raises((KeyboardInterrupt, OSError)):
        write_bytes(b"new", path)
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == [path]


def test_a_mount_is_written_in_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "file"
    path.write_bytes(b"old and longer")

    def busy(*_: object) -> None:
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(os, "replace", busy)
    write_bytes(b"new", path)
    assert path.read_bytes() == b"new"
    with pytest.raises(OSError, match="busy"):
        write_bytes(b"new", folder / "another")
    assert list(folder.iterdir()) == [path]


def test_a_folder_that_may_not_be_written(public: Path) -> None:
    path, protected = public / "file", public / "protected"
    path.write_bytes(b"old and longer")
    path.chmod(0o666)
    protected.write_bytes(b"old")
    protected.chmod(0o444)
    with read_only(public):
        check_output(path)
        write_bytes(b"new", path)
        for refused in (public / "new", public / "deep" / "new", protected):
            for attempt in (check_output, lambda it: write_bytes(b"new", it)):
                with pytest.raises(PermissionError) as raised:
                    attempt(refused)
                assert raised.value.filename == str(refused)
    assert path.read_bytes() == b"new"
    assert protected.read_bytes() == b"old"
    assert {each.name for each in public.iterdir()} == {"file", "protected"}


def test_a_file_that_may_not_be_written_is_not_replaced(public: Path) -> None:
    public.chmod(0o777)
    path = public / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        with pytest.raises(PermissionError):
            write_bytes(b"new", path)
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
    assert path.read_bytes() == b"old"


def test_a_check_leaves_nothing_behind(folder: Path) -> None:
    check_output(folder / "deep" / "er" / "file")
    assert not list(folder.iterdir())
    path = folder / "file"
    path.write_bytes(b"old")
    check_output(path)
    assert path.read_bytes() == b"old"


def test_what_can_be_no_file_is_told_before_and_after(folder: Path) -> None:
    (folder / "file").write_bytes(b"")
    (folder / "loop").symlink_to(folder / "loop")
    with pytest.raises(bb.InvalidValue, match=r"--out = .* not a directory"):
        check_output(folder, "--out")
    for path in (folder / "file" / "below", folder / "loop", folder / ("x" * 300)):
        for attempt in (check_output, lambda it: write_bytes(b"new", it)):
            with pytest.raises(OSError, match=re.escape(repr(str(path)))):
                attempt(path)
    with pytest.raises(IsADirectoryError):
        write_bytes(b"new", folder)


def test_many_writers_of_one_file(folder: Path) -> None:
    path = folder / "file"
    program = (
        "import sys; from bucket_brigade.atomic_files import write_bytes\n"
        "for _ in range(60): write_bytes(sys.argv[2].encode() * 200_000, sys.argv[1])"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, path, letter], stderr=subprocess.PIPE)
        for letter in "ab"
    ]
    wholes = {b"a" * 200_000, b"b" * 200_000}
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            assert path.read_bytes() in wholes
    for writer in writers:
        _, errors = writer.communicate()
        assert (writer.returncode, errors) == (0, b"")
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize(
    "path", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link", "/dev/stderr"]
)
def test_standard_output_by_any_name_goes_on(path: str, folder: Path) -> None:
    if path == "link":
        path = str(folder / "link")
        os.symlink("/dev/stdout", path)
    assert is_stream(path)
    assert is_standard_output(path) == (path != "/dev/stderr")
    program = (
        "import sys; from bucket_brigade.atomic_files import write_text\n"
        "print('before', file=sys.stderr if 'err' in sys.argv[1] else sys.stdout)\n"
        "write_text('café\\n', sys.argv[1]); write_text('again\\n', sys.argv[1])\n"
        "print('after', file=sys.stderr if 'err' in sys.argv[1] else sys.stdout)"
    )
    # To a file, where opening it anew would begin from the start.
    with open(folder / "printed", "wb") as printed:
        subprocess.run(
            [sys.executable, "-c", program, path], stdout=printed, stderr=printed, check=True
        )
    assert (folder / "printed").read_text("utf-8") == "before\ncafé\nagain\nafter\n"


def test_other_open_files_go_on(folder: Path) -> None:
    read, write = os.pipe()
    write_text("one ", f"/dev/fd/{write}")
    write_text("two", f"/proc/self/fd/{write}")
    os.close(write)
    with open(read, "rb") as pipe:
        assert pipe.read() == b"one two"


def test_standard_output_of_tests_and_notebooks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text("text\n", "-")
    assert capsys.readouterr().out == "text\n"
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OSError, match="'-'"):
        write_text("text\n", "-")


def test_all_writers_of_the_package(folder: Path) -> None:
    scenario, target = bb.scenario("easy"), folder / "target"
    target.write_text("")
    link = folder / "link"
    link.symlink_to(target)
    result = bb.simulate(scenario, [["hero"] * 4], episodes=64)
    matrix = bb.payoff_matrix(scenario, {"hero": "hero"}, episodes=64)
    for write in (scenario.save, result.to_csv, matrix.to_csv):
        os.truncate(target, 0)
        write(link)
        assert link.is_symlink()
        assert target.read_text()
    scenario.save(link)
    assert bb.load_scenario(link) == scenario
    assert json.loads(target.read_text()) == scenario.to_dict()
