"""Runs one Milvus for tests: a real standalone server (PyPI milvus) or milvus-lite, and ends it with its parent.

    python milvus_server.py prepare milvus|milvus-lite    unpacks the server's files once, for all later starts
    python milvus_server.py run milvus|milvus-lite DIRECTORY [setting=value …]

`run` prints one line of JSON, {"port": n}, once the server answers, and then waits: the server ends when standard input ends, which it
does at the death of the parent however it dies. The server itself is tied to this process by the kernel (Linux), so that not even a
SIGKILL leaves it behind. Its logs stay in DIRECTORY.
"""

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

START_TIMEOUT_SECONDS = 120


def end_with_parent():
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def free_ports(count):
    """Ports that were free just now; with each its successor, which Milvus takes without asking."""
    held, ports = [], []
    while len(ports) < count:
        first = socket.socket()
        first.bind(("127.0.0.1", 0))
        held.append(first)
        port = first.getsockname()[1]
        second = socket.socket()
        try:
            second.bind(("127.0.0.1", port + 1))
        except OSError:
            continue
        held.append(second)
        ports.append(port)
    for one in held:
        one.close()
    return ports


def binaries():
    return Path(sys.prefix) / "milvus-files"


def prepare():
    """The wheel holds the server LZMA-compressed, and would unpack it (6 s) for every new data directory."""
    import milvus

    os.makedirs(binaries(), exist_ok=True)
    milvus._initialize_data_files(str(binaries()))


def move_etcd(text, file):
    """The etcd inside the server would take ports 2379 and 2380, whatever the settings say: two servers could not run side by side."""
    client, peer = (f"http://127.0.0.1:{port}" for port in free_ports(2))
    urls = {"listen-client-urls": client, "advertise-client-urls": client, "listen-peer-urls": peer, "initial-advertise-peer-urls": peer}
    file.write_text(json.dumps({"name": "default", **urls, "initial-cluster": f"default={peer}"}))
    before, after = text.split("  use:\n    embed: true", 1)
    return f"{before}  config:\n    path: {file}\n  use:\n    embed: true{after}"


def with_setting(text, name, value, indent=""):
    """`section.key` or deeper, also a key that the file does not mention."""
    head, _, rest = name.partition(".")
    if not rest:
        return f"{indent}{head}: {value}\n" + re.sub(rf"^{indent}{head}:.*\n", "", text, flags=re.MULTILINE)
    before, header, after = re.split(rf"^({indent}{head}:.*\n)", text, maxsplit=1, flags=re.MULTILINE)
    body = re.match(rf"(?:{indent} .*\n|\s*#.*\n|\n)*", after).group()
    return before + header + with_setting(body, rest, value, indent + "  ") + after[len(body):]


def milvus_command(directory, settings):
    from milvus import MilvusServerConfig

    config = MilvusServerConfig()
    names = [name for name in config.configurable_items if name.endswith("_port")]
    *ports, metrics = free_ports(len(names) + 1)
    config.update(data_dir=str(directory), **dict(zip(names, ports)))
    config.resolve()
    file = directory / "configs" / "milvus.yaml"
    text = move_etcd(file.read_text(), directory / "configs" / "etcd.json")
    for name, value in settings.items():
        text = with_setting(text, name, value)
    file.write_text(text)
    files = binaries() / "bin"
    environment = {
        **os.environ,
        # A quarter of the processor time would go into collecting garbage and sampling allocations.
        "GOGC": "400",
        "GODEBUG": "memprofilerate=0",
        "DEPLOY_MODE": "STANDALONE",
        "METRICS_PORT": str(metrics),
        "MILVUS_RUN_DIR": str(directory / "run"),
        "LD_LIBRARY_PATH": f"{files}:{os.environ.get('LD_LIBRARY_PATH', '')}",
    }
    port = dict(zip(names, ports))["proxy_port"]
    return [str(files / "milvus"), "run", "standalone"], environment, port, f"http://127.0.0.1:{metrics}/healthz"


def lite_command(directory, _settings):
    [port] = free_ports(1)
    command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(directory / "data"), "--host", "127.0.0.1", "--port", str(port)]
    return command, dict(os.environ), port, None


def answers(port, health_url):
    try:
        if health_url is None:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        with urllib.request.urlopen(health_url, timeout=1) as reply:
            return b"OK" in reply.read()
    except (OSError, urllib.error.URLError):
        return False


def run(kind, directory, settings):
    directory.mkdir(parents=True, exist_ok=True)
    command, environment, port, health_url = (milvus_command if kind == "milvus" else lite_command)(directory, settings)
    log = open(directory / "server.log", "ab")
    server = subprocess.Popen(
        command, env=environment, cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_parent
    )
    threading.Thread(target=stop_at_end_of_input, args=(server,), daemon=True).start()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop(server))
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not answers(port, health_url):
        if server.poll() is not None:
            sys.exit(f"{kind} ended with code {server.returncode} before it answered; see {directory / 'server.log'}")
        if time.monotonic() > deadline:
            stop(server)
            sys.exit(f"{kind} did not answer within {START_TIMEOUT_SECONDS} s; see {directory / 'server.log'}")
        time.sleep(0.05)
    print(json.dumps({"port": port}), flush=True)
    server.wait()


def stop_at_end_of_input(server):
    while os.read(0, 4096):
        pass
    stop(server)


def stop(server):
    server.terminate()
    try:
        server.wait(timeout=2)
    except subprocess.TimeoutExpired:
        server.kill()


if __name__ == "__main__":
    end_with_parent()
    if sys.argv[1] == "prepare":
        if sys.argv[2] == "milvus":
            prepare()
    else:
        run(sys.argv[2], Path(sys.argv[3]).resolve(), dict(pair.split("=", 1) for pair in sys.argv[4:]))
