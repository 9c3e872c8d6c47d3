"""Keys: connections to a CURVE server of pyzmq's own, and to the real daemon."""

from __future__ import annotations

import asyncio
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator

import millrace
from conftest import Array, pair
from millrace.session.parts import SessionOptions

HURRY = SessionOptions(first_patience=0.6)


class CurveServer:
    """A ROUTER with CURVE that answers nothing, and pyzmq's authenticator."""

    def __init__(self, folder: Path) -> None:
        self.listed = folder / "clients"
        self.listed.mkdir()
        self.public, secret = pair(folder, "server")
        public_key, secret_key = zmq.auth.load_certificate(secret)
        assert secret_key is not None
        self.context = zmq.Context()
        self.authenticator = ThreadAuthenticator(self.context)
        self.authenticator.start()
        self.reload()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.linger = 0
        self.socket.curve_server = True
        self.socket.curve_publickey = public_key
        self.socket.curve_secretkey = secret_key
        self.endpoint = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"

    def reload(self) -> None:
        """Reads the folder of clients again."""
        self.authenticator.configure_curve(domain="*", location=str(self.listed))

    def hears(self, seconds: float) -> bool:
        """Whether any message arrives in that time."""
        return bool(self.socket.poll(int(seconds * 1000)))

    def close(self) -> None:
        """Ends everything."""
        self.socket.close()
        self.authenticator.stop()
        self.context.term()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CurveServer]:
    """A server that lists nobody."""
    found = CurveServer(tmp_path)
    yield found
    found.close()


def test_a_listed_key_gets_through(server: CurveServer, tmp_path: Path) -> None:
    public, secret = pair(tmp_path, "pump-1")
    public.rename(server.listed / public.name)
    server.reload()
    client = millrace.Client(
        query=server.endpoint, key=secret, server_key=server.public, timeout=0.5
    )
    with pytest.raises(millrace.UnreachableError, match="no answer within"):
        client.status()
    assert server.hears(1)
    client.close()


def test_an_unlisted_key_is_refused_in_words(server: CurveServer, tmp_path: Path) -> None:
    pair(server.listed, "somebody-else")
    server.reload()
    _, secret = pair(tmp_path, "stranger")
    keys = millrace.Keys.load(secret, server.public)
    began = time.monotonic()
    with (
        millrace.Client(query=server.endpoint, key=keys, timeout=5) as client,
        pytest.raises(millrace.KeyRefusedError, match="refused this key") as raised,
    ):
        client.status()
    assert time.monotonic() - began < 3, "it waited although it knew"
    assert keys.public_key in str(raised.value)
    assert keys.secret_key not in str(raised.value)
    with pytest.raises(millrace.KeyRefusedError):
        millrace.Producer("p", ingest=server.endpoint, spool=False, key=keys, options=HURRY)
    assert not server.hears(0.1)


def test_asyncio_hears_of_it_too(server: CurveServer, tmp_path: Path) -> None:
    _, secret = pair(tmp_path, "stranger")

    async def run() -> None:
        options = {"key": secret, "server_key": server.public}
        async with millrace.AsyncClient(query=server.endpoint, **options) as client:  # type: ignore[arg-type]
            with pytest.raises(millrace.KeyRefusedError):
                await client.status()
        producer = millrace.AsyncProducer(
            "p", ingest=server.endpoint, spool=False, key=secret, server_key=server.public
        )
        with pytest.raises(millrace.KeyRefusedError):
            await producer.open()

    asyncio.run(run())


def test_a_key_that_is_listed_later_gets_in(server: CurveServer, tmp_path: Path) -> None:
    public, secret = pair(tmp_path, "late")
    client = millrace.Client(query=server.endpoint, key=secret, server_key=server.public, timeout=2)
    with pytest.raises(millrace.KeyRefusedError):
        client.status()
    public.rename(server.listed / public.name)
    server.reload()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            client.status()
        except millrace.KeyRefusedError:
            time.sleep(0.1)
        except millrace.UnreachableError:
            break
    assert server.hears(1)
    client.close()


@pytest.mark.parametrize("wrong", ["server key", "no keys", "plain server"])
def test_what_does_not_fit_ends_with_the_reason(
    wrong: str, server: CurveServer, tmp_path: Path
) -> None:
    public, secret = pair(tmp_path, "pump-1")
    endpoint = server.endpoint
    options: dict[str, Path] = {"key": secret, "server_key": server.public}
    plain: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.ROUTER)
    if wrong == "server key":
        options["server_key"] = public
        words = "another daemon than server_key says"
    elif wrong == "no keys":
        options = {}
        words = "without keys fails"
    else:
        endpoint = f"tcp://127.0.0.1:{plain.bind_to_random_port('tcp://127.0.0.1')}"
        words = "one that takes no keys"
    with (
        millrace.Client(query=endpoint, timeout=0.8, **options) as client,  # type: ignore[arg-type]
        pytest.raises(millrace.UnreachableError, match=words),
    ):
        client.status()
    with pytest.raises(millrace.UnreachableError, match=words):
        millrace.Producer("p", ingest=endpoint, spool=False, options=HURRY, **options)  # type: ignore[arg-type]
    assert not server.hears(0.1)
    plain.close(0)


def test_the_environment_names_keys(
    server: CurveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = pair(tmp_path, "pump-1")
    key, _ = zmq.auth.load_certificate(server.public)
    monkeypatch.setenv("MILLRACE_KEY", str(secret))
    monkeypatch.setenv("MILLRACE_SERVER_KEY", key.decode())
    found = millrace.Keys.find()
    assert found is not None
    assert found.server_key == key.decode()
    assert found == millrace.Keys.load(secret, server.public)
    with (
        millrace.Client(query=server.endpoint, timeout=5) as client,
        pytest.raises(millrace.KeyRefusedError),
    ):
        client.status()
    # Nobody's key is read for a socket that is a file.
    monkeypatch.setenv("MILLRACE_KEY", "/nowhere")
    with (
        millrace.Client(query=f"ipc://{tmp_path}/none", timeout=0.1) as local,
        pytest.raises(millrace.UnreachableError),
    ):
        local.status()
    monkeypatch.delenv("MILLRACE_KEY")
    with pytest.raises(millrace.KeyFileError, match="MILLRACE_KEY"):
        millrace.Keys.find()
    monkeypatch.delenv("MILLRACE_SERVER_KEY")
    assert millrace.Keys.find() is None
    with pytest.raises(millrace.KeyFileError, match="anybody could answer"):
        millrace.Keys.find(secret)


class KeyedDaemon:
    """A real daemon whose TCP endpoints ask for keys of ``millrace keygen`` and of pyzmq."""

    def __init__(self, millraced: Path, folder: Path) -> None:
        self.folder = folder
        self.command = millraced.with_name("millrace")
        self.clients = folder / "clients.d"
        self.clients.mkdir()
        self.keygen("--server")
        self.server_key = folder / "server.key"
        ports = [free_port(), free_port()]
        self.ingest, self.query = (f"tcp://127.0.0.1:{port}" for port in ports)
        configuration = folder / "millrace.toml"
        configuration.write_text(
            "[input]\nfeatures = 4\n[output]\ntask = 'classification'\nclasses = 3\n"
            "[network]\nhidden = [8]\n[memory]\nbudget = '64MiB'\n"
            f"[daemon]\ningest = '{self.ingest}'\nquery = '{self.query}'\n"
            "[keys]\nserver = 'server.key_secret'\nclients = 'clients.d'\n"
        )
        self.arguments: list[str | Path] = [
            millraced,
            "--config",
            configuration,
            "--state",
            folder / "state",
        ]
        self.process: subprocess.Popen[bytes] | None = None

    def keygen(self, *arguments: str) -> None:
        """A pair in the folder."""
        subprocess.run(
            [self.command, "keygen", "--directory", self.folder, *arguments],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self) -> None:
        """Starts it and waits until it says so."""
        log = self.folder / "log"
        with log.open("wb") as file:
            self.process = subprocess.Popen(self.arguments, stdout=file, stderr=file)
        end = time.monotonic() + 20
        while b"event=started" not in log.read_bytes():
            assert self.process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < end
            time.sleep(0.05)

    def stop(self) -> None:
        """Stops it by its own process id."""
        if self.process is not None:
            self.process.terminate()
            assert self.process.wait(20) == 0


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def keyed(millraced: Path, tmp_path: Path) -> Iterator[KeyedDaemon]:
    """A daemon with keys that does not run yet."""
    if not millraced.with_name("millrace").exists():
        pytest.skip("needs millrace beside millraced")
    found = KeyedDaemon(millraced, tmp_path)
    yield found
    found.stop()


def test_files_go_both_ways_between_keygen_and_pyzmq(keyed: KeyedDaemon) -> None:
    keyed.keygen("pump-1", "--allow", "ingest,query", "--producers", "a,b")
    public, nothing = zmq.auth.load_certificate(keyed.folder / "pump-1.key")
    also_public, secret = zmq.auth.load_certificate(keyed.folder / "pump-1.key_secret")
    assert nothing is None
    assert secret is not None
    assert public == also_public == zmq.curve_public(secret)
    assert stat.S_IMODE((keyed.folder / "pump-1.key_secret").stat().st_mode) == 0o600
    assert list(zmq.auth.load_certificates(keyed.folder)) != []
    # The other way: the daemon takes pyzmq's pair as its own, and pyzmq's public certificates.
    (keyed.folder / "server.key_secret").unlink()
    pair(keyed.folder, "server")
    pair(keyed.clients, "from-pyzmq")
    (keyed.clients / "from-pyzmq.key_secret").rename(keyed.folder / "from-pyzmq.key_secret")
    given = keyed.clients / "from-pyzmq.key"
    given.write_text(given.read_text().replace("metadata\n", "metadata\n    allow = metrics\n"))
    keyed.start()
    key = keyed.folder / "from-pyzmq.key_secret"
    with millrace.Client(query=keyed.query, key=key, server_key=keyed.server_key) as client:
        assert client.status().generation >= 0
        with pytest.raises(millrace.RefusedError, match="notAllowed"):
            client.predict(np.zeros((1, 4)))


def test_a_real_daemon_takes_samples_from_listed_keys_alone(
    keyed: KeyedDaemon, stream: tuple[Array, Array]
) -> None:
    for name in ("pump-1", "stranger"):
        keyed.keygen(name)
    shutil.copy(keyed.folder / "pump-1.key", keyed.clients)
    keyed.start()
    keys = millrace.Keys.load(keyed.folder / "pump-1.key_secret", keyed.server_key)
    X, y = stream
    with millrace.Producer("pump-1", ingest=keyed.ingest, key=keys, spool=False) as producer:
        producer.send(X[:2000], y[:2000])
        producer.flush(20)
        assert producer.acknowledged == 2000
    with millrace.Client(query=keyed.query, key=keys) as client:
        assert len(client.predict(X[:10])) == 10
        (mine,) = client.status().producers
        assert (mine.name, mine.learned) == ("pump-1", 2000)
    with pytest.raises(millrace.RefusedError, match="notAllowed"):
        millrace.Producer("pump-2", ingest=keyed.ingest, key=keys, spool=False)
    stranger = millrace.Keys.load(keyed.folder / "stranger.key_secret", keyed.server_key)
    with pytest.raises(millrace.KeyRefusedError, match="refused this key"):
        millrace.Producer("stranger", ingest=keyed.ingest, key=stranger, spool=False)


def test_secrets_do_not_show(server: CurveServer, tmp_path: Path) -> None:
    _, secret = pair(tmp_path, "pump-1")
    keys = millrace.Keys.load(secret, server.public)
    assert keys.secret_key not in repr(keys)
    assert millrace.Keys.find(keys) == keys
    with pytest.raises(millrace.KeyFileError, match="brings a server key"):
        millrace.Keys.find(keys, keys.public_key)
