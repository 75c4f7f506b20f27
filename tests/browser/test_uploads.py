"""Uploads, small and large: a server that can't write a single byte to a file takes them all the same."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

from rrmm.ui import in_memory
from tests.browser.conftest import Server, chromium_path
from tests.browser.driver import open_app, page_text, settle
from tests.cohorts import ROOT, SAMPLES

MEGA = 1024 * 1024


def no_file_may_grow() -> None:
    """Every write to a file fails from here on; pipes and sockets work."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def unable(empty_folder: Path) -> Iterator[Server]:
    chromium_path()
    running = Server(prepare=no_file_may_grow,
                     environment={"TMPDIR": str(empty_folder), "PYTHONDONTWRITEBYTECODE": "1"})
    yield running
    running.stop()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with 20 MB of pictures in it."""
    path = tmp_path_factory.mktemp("large") / "large.xlsx"
    path.write_bytes((SAMPLES / "cohort.xlsx").read_bytes())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("xl/media/image1.png", os.urandom(20 * MEGA))
    return path


class Watch:
    """Looks, as often as it can, for files that the process holds open and for what is in its temporary folder."""

    def __init__(self, process: int, folder: Path) -> None:
        self.process, self.folder = process, folder
        self.seen: set[str] = set()
        self.looks = 0
        self.going = True
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self) -> None:
        while self.going:
            self.looks += 1
            self.seen |= {str(path) for path in self.folder.iterdir()}
            for entry in Path(f"/proc/{self.process}/fd").iterdir():
                try:
                    target = os.readlink(entry)
                except OSError:
                    continue
                # The project itself may stand in the temporary folder (a fresh checkout): its own files are no upload.
                ours = target.startswith((str(ROOT), sys.prefix)) and not target.endswith("(deleted)")
                spooled = target.startswith((str(self.folder), tempfile.gettempdir())) or target.endswith("(deleted)")
                if spooled and not ours:
                    self.seen.add(target)
            time.sleep(0.002)

    def __enter__(self) -> Watch:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.going = False
        self.thread.join()


def send(page: Page, path: Path) -> None:
    page.locator('[data-testid="stFileUploader"] input[type="file"]').set_input_files(str(path))


def test_a_large_file_is_read_without_a_byte_on_disk_and_a_larger_one_refused(
        page: Page, unable: Server, large: Path, empty_folder: Path, tmp_path: Path) -> None:
    puts: list[tuple[str, dict[str, str]]] = []
    page.on("request", lambda request: puts.append((request.url, request.headers)) if request.method == "PUT" else None)
    open_app(page, unable.url)
    with Watch(unable.process.pid, empty_folder) as watch:
        send(page, large)
        page.get_by_text("large.xlsx:").wait_for(timeout=30_000)
        settle(page)
    assert watch.looks > 20 and not watch.seen
    assert "123 patients" in page_text(page) and "Fictitious cohort" not in page_text(page)
    assert not list(empty_folder.iterdir())
    # 60 MB: the browser says so; and who goes round the browser is refused by the server.
    huge = tmp_path / "huge.csv"
    huge.write_bytes(b"Patient;PFS\n" + b"x;1\n" * (15 * MEGA))
    with Watch(unable.process.pid, empty_folder) as watch:
        send(page, huge)
        page.get_by_text("50.0MB or smaller").or_(page.get_by_text("50MB or smaller")).first.wait_for(timeout=30_000)
        url, headers = puts[0]
        status = page.evaluate("""async ([url, token]) => {
          const form = new FormData();
          form.append('file', new Blob([new Uint8Array(60 * 1024 * 1024)]), 'huge.csv');
          const answer = await fetch(url, {method: 'PUT', body: form, headers: {'X-Xsrftoken': token}}).catch(() => null);
          return answer && answer.status;
        }""", [url, headers.get("x-xsrftoken", "")])
    assert status in (413, None)
    assert not watch.seen and not list(empty_folder.iterdir())
    assert "123 patients" in page_text(page)
    open_app(page, unable.url)
    assert "123 patients" in page_text(page)


def spooled(size: int) -> bool:
    """Whether the web framework's form parser puts a file of this size on disk."""
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n'

    async def body() -> AsyncIterator[bytes]:
        yield head
        for _ in range(size // MEGA):
            yield bytes(MEGA)
        yield b"\r\n--x--\r\n"

    async def parse() -> bool:
        parser = MultiPartParser(Headers({"content-type": "multipart/form-data; boundary=x"}), body())  # type: ignore[arg-type]
        form = await parser.parse()
        file = form["f"]
        assert isinstance(file, UploadFile)
        rolled = bool(file.file._rolled)  # type: ignore[attr-defined]
        await form.close()
        return rolled

    # In a thread of its own: the browser tests have a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(parse())).result()


def test_the_form_parser_spools_unless_told_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MultiPartParser, "spool_max_size", MEGA)
    assert spooled(20 * MEGA)
    in_memory.keep_uploads_in_memory()
    assert not spooled(20 * MEGA) and not spooled(51 * MEGA)
