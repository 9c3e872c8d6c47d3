"""Who a client is, and which daemon it means: keys of CURVE (ZeroMQ RFC 26) for TCP endpoints.

    millrace.Producer("pump-1", ingest="tcp://mill:5570",
                      key="pump-1.key_secret", server_key="server.key")

Files are those that ``millrace keygen`` writes, and ``zmq.auth.create_certificates`` and CZMQ's
zcert too. An ipc socket is guarded by the permissions of its file: no key is read for one.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from zmq.utils import z85

from millrace.errors import KeyFileError

LARGEST_FILE = 4096
"""Bytes of the largest certificate."""
_CHARACTERS = 40

Path_ = str | os.PathLike[str]


@dataclass(frozen=True)
class Keys:
    """Everything that a connection over TCP needs; equal for all doors of one daemon.

    - server_key: the daemon's public key: another daemon cannot answer for it.
    - public_key, secret_key: the client's pair. All are Z85 text of 40 characters.
    """

    server_key: str
    public_key: str
    secret_key: str = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("server_key", "public_key", "secret_key"):
            if not _is_key(getattr(self, name)):
                raise KeyFileError(f"{name} is not a key of {_CHARACTERS} Z85 characters")
        if zmq.curve_public(self.secret_key.encode()).decode() != self.public_key:
            raise KeyFileError("the secret key belongs to another public key")

    @classmethod
    def load(cls, key: Path_, server_key: Path_) -> Keys:
        """Reads them.

        - key: path of the client's secret certificate, ``NAME.key_secret``.
        - server_key: the daemon's public key: 40 characters, or the path of ``server.key``.

        Raises KeyFileError: a file that is missing, that others can read, or that is none.
        """
        text = os.fspath(server_key)
        if not _is_key(text):
            text, _ = _read(Path(text), is_secret=False)
        public, secret = _read(Path(key), is_secret=True)
        if secret is None:
            raise _public_half(Path(key))
        try:
            return cls(text, public, secret)
        except KeyFileError as error:
            raise KeyFileError(f"{key}: {error}. TRY: copy the file again") from None

    @classmethod
    def find(cls, key: Key = None, server_key: ServerKey = None) -> Keys | None:
        """The keys of the arguments, else of ``MILLRACE_KEY`` and ``MILLRACE_SERVER_KEY``.

        - key: a path as in :meth:`load`, or Keys that are loaded. None when nothing is given.

        Raises KeyFileError, also for one of the two without the other.
        """
        if isinstance(key, Keys):
            if server_key is None or os.fspath(server_key) == key.server_key:
                return key
            raise KeyFileError("key= brings a server key along. TRY: without server_key=")
        key = key or os.environ.get("MILLRACE_KEY") or None
        server_key = server_key or os.environ.get("MILLRACE_SERVER_KEY") or None
        if key is None and server_key is None:
            return None
        if key is None:
            raise KeyFileError(
                "only the daemon's key is given. TRY: key= or MILLRACE_KEY with the path of one's "
                "own NAME.key_secret; millrace keygen NAME makes one"
            )
        if server_key is None:
            raise KeyFileError(
                "the daemon's key is missing, without which anybody could answer in its place. "
                "TRY: server_key= or MILLRACE_SERVER_KEY with server.key or its 40 characters"
            )
        return cls.load(key, server_key)

    def apply(self, socket: zmq.Socket[bytes]) -> None:
        """Makes ``socket`` speak CURVE on what it connects to from now on."""
        socket.curve_serverkey = self.server_key.encode()
        socket.curve_publickey = self.public_key.encode()
        socket.curve_secretkey = self.secret_key.encode()


Key = Path_ | Keys | None
"""``key=``: the path of a secret certificate, keys that are loaded, or the environment's."""
ServerKey = Path_ | None
"""``server_key=``: 40 characters, the path of a public certificate, or the environment's."""


def _is_key(text: str) -> bool:
    if len(text) != _CHARACTERS:
        return False
    try:
        # Of a group above 2³² − 1 pyzmq keeps the low bits: there and back shows it.
        return bool(z85.encode(z85.decode(text.encode("ascii"))) == text.encode())
    except (ValueError, KeyError, struct.error):
        return False


def _public_half(path: Path) -> KeyFileError:
    """The error for the file of a pair that may be given away where the other one is needed."""
    secret = path.with_name(path.name + "_secret") if path.suffix == ".key" else "NAME.key_secret"
    return KeyFileError(
        f"{path} is the public file of a pair: there is no secret-key in it. key= or "
        "MILLRACE_KEY takes the secret one, which millrace keygen wrote beside it. "
        f"TRY: key={str(secret)!r}"
    )


def _is_public(path: Path) -> bool:
    """Whether a file that others may read is a certificate without a secret, which they may."""
    try:
        return _read(path, is_secret=False)[1] is None
    except KeyFileError:
        return False


def _read(path: Path, *, is_secret: bool) -> tuple[str, str | None]:
    """The public and, if it is there, the secret key of a certificate."""
    public = secret = None
    for number, line in enumerate(_text(path, is_secret=is_secret).splitlines(), 1):
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        name = name.strip()
        if name not in ("public-key", "secret-key"):
            continue
        value = value.strip(" \t")
        if value[:1] in ("'", '"'):
            value = value[1:].partition(value[0])[0]
        if not _is_key(value):
            raise KeyFileError(f"{path}:{number}: {name} is not a key. TRY: copy the file again")
        if name == "public-key":
            public = value
        else:
            secret = value
    if public is None:
        raise KeyFileError(
            f"{path} has no public-key: it is no certificate. TRY: a file that millrace keygen or "
            "zmq.auth wrote"
        )
    return public, secret


def _text(path: Path, *, is_secret: bool) -> str:
    """A regular file, no link; a secret one only if nobody else can read it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise KeyFileError(
                f"{path} is a symbolic link, and links to keys are not followed. TRY: the file"
            ) from None
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from error
    with open(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise KeyFileError(f"{path} is not a regular file")
        if is_secret:
            if (facts.st_mode & 0o077 or facts.st_uid not in (0, os.geteuid())) and _is_public(
                path
            ):
                raise _public_half(path)
            if facts.st_mode & 0o077:
                raise KeyFileError(
                    f"{path} holds a secret, and others can read or write it (mode "
                    f"0{facts.st_mode & 0o777:o}). TRY: chmod 600 {path}; if others may have read "
                    "it, a new pair"
                )
            if facts.st_uid not in (0, os.geteuid()):
                raise KeyFileError(f"{path} holds a secret and belongs to user {facts.st_uid}")
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise KeyFileError(f"{path} has more than {LARGEST_FILE} bytes: it is no certificate")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise KeyFileError(f"{path} is no text: it is no certificate") from None
