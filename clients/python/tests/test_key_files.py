"""Key files: what is read, and what is refused in words that say which file would do."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

import millrace
from conftest import pair


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622, 0o644])
def test_a_secret_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    public, secret = pair(tmp_path, "a")
    secret.chmod(mode)
    with pytest.raises(millrace.KeyFileError, match=f"mode 0{mode:o}.*chmod 600"):
        millrace.Keys.load(secret, public)


def damage_link(secret: Path) -> None:
    secret.rename(secret.with_suffix(".moved"))
    secret.symlink_to(secret.with_suffix(".moved"))


def damage_pipe(secret: Path) -> None:
    secret.unlink()
    os.mkfifo(secret, 0o600)


def damage_text(change: Callable[[str], str]) -> Callable[[Path], None]:
    def damage(secret: Path) -> None:
        secret.write_text(change(secret.read_text("utf-8")), "utf-8")

    return damage


def other_pair(text: str) -> str:
    """The same file with somebody else's public key."""
    own = text.partition('public-key = "')[2][:40]
    return text.replace(own, zmq.curve_keypair()[0].decode())


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (Path.unlink, "cannot be read"),
        (damage_link, "symbolic link"),
        (damage_pipe, "not a regular file"),
        (damage_text(lambda text: text + "#" * 4096), "more than 4096 bytes"),
        (damage_text(lambda text: ""), "no public-key"),
        (damage_text(lambda text: text.replace("secret-key", "other")), "no secret-key"),
        (damage_text(lambda text: text[:-8]), "secret-key is not a key"),
        (damage_text(other_pair), "belongs to another public key"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "no text"),
    ],
    ids=["gone", "link", "pipe", "large", "empty", "public", "cut", "mixed", "bytes"],
)
def test_what_is_no_secret_certificate_is_refused(
    damage: Callable[[Path], object], words: str, tmp_path: Path
) -> None:
    public, secret = pair(tmp_path, "a")
    damage(secret)
    with pytest.raises(millrace.KeyFileError, match=words) as raised:
        millrace.Keys.load(secret, public)
    assert str(secret) in str(raised.value)


def test_a_changed_character_is_found(tmp_path: Path) -> None:
    """Each character of the pair as another one: no pair, or, of a secret, one that is the same.

    Curve25519 ignores five bits of a secret key.
    """
    public, secret = pair(tmp_path, "a")
    right = millrace.Keys.load(secret, public)
    text = secret.read_text("utf-8")
    for key in (right.public_key, right.secret_key):
        start = text.index(key)
        for place in range(start, start + len(key)):
            changed = "b" if text[place] == "a" else "a"
            secret.write_text(text[:place] + changed + text[place + 1 :], "utf-8")
            try:
                found = millrace.Keys.load(secret, public)
            except millrace.KeyFileError:
                continue
            assert found.public_key == right.public_key
    secret.write_text(text, "utf-8")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert millrace.Keys.load(secret, public) == right


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_public_file_of_a_pair_is_called_so(mode: int, tmp_path: Path) -> None:
    public, secret = pair(tmp_path, "pump-1")
    public.chmod(mode)
    with pytest.raises(millrace.KeyFileError, match="is the public file of a pair") as raised:
        millrace.Keys.load(public, public)
    assert str(raised.value).endswith(f"TRY: key={str(secret)!r}")
    other = public.rename(tmp_path / "pump-1.txt")
    with pytest.raises(millrace.KeyFileError, match=r"TRY: key='NAME\.key_secret'"):
        millrace.Keys.load(other, other)
