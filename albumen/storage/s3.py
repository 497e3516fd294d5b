"""Files on S3 or a store with the same protocol, which many machines can share."""

import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError
from django.core.files import File
from storages.backends.s3 import S3Storage as LibraryS3Storage

from albumen.errors import Unavailable
from albumen.storage.interface import ASIDE, Listed, Storage
from albumen.storage.room import BLOCK, copy, require_whole

logger = logging.getLogger(__name__)
PART = 64 * 1024 * 1024
_TRANSFER = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=64,
    signature_version="s3v4",
    # Each PUT is signed together with its length and its sha256, which every store checks before the object is there.
    # The newer checksums go without: many stores that are not Amazon's do not know them.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    s3={"payload_signing_enabled": True, "addressing_style": "auto"},
)
# One client for all threads; making it is not safe in two at once, and takes a third of a second.
_making = threading.Lock()


class S3Storage(Storage, LibraryS3Storage):  # type: ignore[misc]
    """A bucket. An object exists complete or not at all, and is durable once its PUT has succeeded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"client_config": _CONFIG, **options})
        self._made: Any = None

    @property
    def connection(self) -> Any:
        if self._made is None:
            with _making:
                if self._made is None:
                    self._made = super().connection
        return self._made

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    def place(self, path: Path, name: str, *, size: int | None = None, durable: bool = True) -> None:
        if size is not None:
            # An object with the same bytes is replaced too: a PUT takes effect whole or not at all, and it makes the
            # object new, so that no sweep removes it.
            require_whole(path, size)
        extra = {"ContentType": "application/octet-stream"}
        if _silent.is_set():
            # One short request finds out whether the store responds again; until it does, other calls fail at once.
            with _answering(name):
                self.client.head_bucket(Bucket=self.bucket_name)
        with _answering(name):
            # A large file goes in parts, and exists once the last call has joined them; boto3 aborts it otherwise.
            self.client.upload_file(str(path), self.bucket_name, name, ExtraArgs=extra, Config=_TRANSFER)
        path.unlink(missing_ok=True)

    def size(self, name: str) -> int:
        return int(self._head(name)["ContentLength"])

    def delete(self, name: str) -> None:
        with _answering(name):
            self.client.delete_object(Bucket=self.bucket_name, Key=name)

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        return File(StoredObject(self.client, self.bucket_name, name), name)  # type: ignore[arg-type]

    def blocks(self, file: IO[bytes], start: int, length: int) -> Iterator[bytes]:
        file.file.stop = start + length  # type: ignore[attr-defined]
        yield from super().blocks(file, start, length)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        path = self.temp_path()
        try:
            with self.open(name) as source:
                copy(source, path)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def listed(self, prefix: str) -> Iterator[Listed]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket_name, Prefix=f"{prefix}/")
        found = iter(pages)
        while True:
            with _answering(prefix):
                page = next(found, None)
            if page is None:
                return
            for item in page.get("Contents", ()):
                yield Listed(item["Key"], item["Size"], item["LastModified"].timestamp())

    def forget_parts(self, before: datetime) -> int:
        """Abort multipart uploads that were begun before `before`. Return how many."""
        count = 0
        with suppress(FileNotFoundError), _answering("uploads in parts"):
            for page in self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket_name):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < before:
                        target = {"Bucket": self.bucket_name, "Key": upload["Key"]}
                        self.client.abort_multipart_upload(**target, UploadId=upload["UploadId"])
                        count += 1
        return count

    def sweep(self, item: Listed, *, before: datetime, kept: Callable[[], bool]) -> bool:
        # S3 cannot rename, and an upload of the same bytes may put the object back between any two calls, also between
        # the last check and the removal. So a copy stays for a while under another name, and each sweep until then
        # copies it back if it is needed after all.
        place = item.name.removesuffix(ASIDE)
        aside = place + ASIDE
        try:
            if item.name == aside:
                if kept():
                    self._copy(aside, place)
                    self.delete(aside)
                elif item.placed < before.timestamp():
                    self.delete(aside)
                return False
            if self._head(place)["LastModified"] >= before or kept():
                return False
            self._copy(place, aside)
            self.delete(place)
            if kept():
                self._copy(aside, place)
                return False
        except FileNotFoundError:
            return False  # Another sweep was first.
        return True

    def _head(self, name: str) -> dict[str, Any]:
        with _answering(name):
            found: dict[str, Any] = self.client.head_object(Bucket=self.bucket_name, Key=name)
        return found

    def _copy(self, source: str, target: str) -> None:
        origin = {"Bucket": self.bucket_name, "Key": source}
        with _answering(source):
            self.client.copy_object(Bucket=self.bucket_name, Key=target, CopySource=origin)


class StoredObject(io.RawIOBase):
    """A readable file over an object. One request gets the first block and the size, and another one the bytes from
    where reading goes on up to `stop`.
    """

    def __init__(self, client: Any, bucket: str, name: str) -> None:
        super().__init__()
        self._client = client
        self._key = {"Bucket": bucket, "Key": name}
        self._at = 0
        self._rest: Any = None
        with _answering(name):
            try:
                answer = client.get_object(**self._key, Range=f"bytes=0-{BLOCK - 1}")
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 416:
                    raise
                self.size, self._first = 0, b""
            else:
                self.size = int(answer["ContentRange"].rpartition("/")[2])
                self._first = answer["Body"].read()
        self.stop = self.size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if at != self._at:
            self._let_go()
        self._at = at
        return at

    def readinto(self, buffer: Any, /) -> int:
        length = min(len(buffer), self.stop - self._at)
        if length <= 0:
            return 0
        data = self._first[self._at : self._at + length] or self._read_on(length)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._let_go()
        super().close()

    def _read_on(self, length: int) -> bytes:
        if self._rest is not None:
            try:
                return self._read_rest(length)
            except Unavailable:
                # The connection was lost in the middle: a new request goes on from there.
                self._let_go()
        with _answering(self._key["Key"]):
            answer = self._client.get_object(**self._key, Range=f"bytes={self._at}-{self.stop - 1}")
        self._rest = answer["Body"]
        return self._read_rest(length)

    def _read_rest(self, length: int) -> bytes:
        with _answering(self._key["Key"]):
            data: bytes = self._rest.read(length)
        if not data:
            raise _away("it has ended too early", self._key["Key"])
        return data

    def _let_go(self) -> None:
        if self._rest is not None:
            self._rest.close()
            self._rest = None


# Set while the store does not respond. Then one call at a time tries it, and all others fail at once, because they
# would occupy the threads that requests without files need.
_silent = threading.Event()
_finding_out = threading.Lock()


@contextmanager
def _answering(name: str) -> Iterator[None]:
    """Convert the errors of one call to `FileNotFoundError`, if the object does not exist, or `Unavailable`."""
    alone = _silent.is_set()
    if alone and not _finding_out.acquire(blocking=False):
        raise _away("it keeps silent", name)
    try:
        yield
        _silent.clear()
    except ClientError as error:
        _silent.clear()
        # Not "NoSuchBucket": a missing bucket is the operator's fault, not a missing file.
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchUpload"):
            raise FileNotFoundError(f"There is no {name}.") from None
        raise _away(error, name) from error
    except (ReadTimeoutError, ConnectTimeoutError) as error:
        _silent.set()
        raise _away(error, name) from error
    except (BotoCoreError, Boto3Error) as error:
        raise _away(error, name) from error
    finally:
        if alone:
            _finding_out.release()


def _away(reason: object, name: str) -> Unavailable:
    logger.error("The store fails at %s: %s", name, reason)
    return Unavailable("storage_unavailable")
