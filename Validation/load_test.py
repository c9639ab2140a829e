"""Load-tests the service beside a bare route of its library: peak rate, tail latency, memory over minutes, a slow reader.

    Validation/load_test.py --minutes 10 --lines 10000000

It builds Validation/bare-route, starts both servers, and needs wrk and h2load (Debian: wrk, nghttp2-client). Their rounds are
interleaved, so that other load on the machine affects both. Exit codes: 0; 1 if an answer was not 2xx, the memory grew beyond the
limit, or the stream was incomplete. `--smoke` takes a few seconds and only shows that everything works.
"""

import argparse
import http.client
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECK = "/v1/check?shape=ViT-G/14&batch=8"
MAP = "/v1/map?grid=figure8&mlpWidth=4x&heads=16"
CONNECTIONS = 64


class Server:
    """A server process on this machine."""

    def __init__(self, name: str, command: list[str], port: int):
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{name} did not start")

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def resident(self) -> int:
        """Bytes of resident memory."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) * 1024

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


def peak(server: Server, path: str, seconds: float) -> float:
    """The peak rate, in requests a second."""
    # One thread: on a small machine, a second one would take a core from the server.
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", server.url(path)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"{server.name}{path}: {text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))


def tail(server: Server, path: str, rate: int, seconds: float) -> float:
    """The 99th percentile of latency at a fixed rate, in ms."""
    log = pathlib.Path(f"/tmp/load-{server.port}.log")
    log.unlink(missing_ok=True)
    # h2load takes the rate of one connection.
    command = [
        "h2load", "--h1", f"-c{CONNECTIONS}", "-t1", f"--rps={rate / CONNECTIONS}", f"-D{seconds:.0f}", f"--log-file={log}",
        server.url(path),
    ]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if not re.search(r"status codes: \d+ 2xx, 0 3xx, 0 4xx, 0 5xx", text):
        raise SystemExit(f"{server.name}{path}: {text}")
    times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    log.unlink(missing_ok=True)
    return times[min(len(times) - 1, len(times) * 99 // 100)] / 1000


def rounds(arguments, service: Server, bare: Server) -> list[list[str]]:
    """The table's rows, from interleaved rounds."""
    targets = [
        (bare, "/health"), (service, "/health"), (service, CHECK), (service, MAP),
    ]
    for server, path in targets:
        fetch(server, path)
    peaks: dict[int, list[float]] = {index: [] for index in range(len(targets))}
    tails: dict[int, list[float]] = {index: [] for index in range(len(targets))}
    for _ in range(arguments.rounds):
        for index, (server, path) in enumerate(targets):
            peaks[index].append(peak(server, path, arguments.seconds))
            tails[index].append(tail(server, path, arguments.rate if path != MAP else 50, arguments.seconds))
    rows = []
    for index, (server, path) in enumerate(targets):
        rate, share = statistics.median(peaks[index]), statistics.median(a / b for a, b in zip(peaks[index], peaks[0]))
        rows.append([
            server.name, path, f"{rate:,.0f}", f"{min(peaks[index]):,.0f} to {max(peaks[index]):,.0f}", f"{share:.2f}",
            f"{arguments.rate if path != MAP else 50:,}", f"{statistics.median(tails[index]):.2f}",
            f"{min(tails[index]):.2f} to {max(tails[index]):.2f}",
        ])
    return rows


def fetch(server: Server, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path)
    reply = connection.getresponse()
    body = reply.read()
    if reply.status != 200:
        raise SystemExit(f"{server.name}{path}: {reply.status} {body[:200]!r}")
    return body


def memory(service: Server, minutes: float) -> tuple[list[int], int, int]:
    """Resident bytes over minutes of mostly different questions.

    Returns: a sample every two seconds; the number of questions, and how many of them failed.
    """
    stop, counts, lock = threading.Event(), [0, 0], threading.Lock()

    def ask(seed: int) -> None:
        connection, number, own, bad = None, seed, 0, 0
        while not stop.is_set():
            number = (number * 1103515245 + 12345) % 2147483648
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
                path = (
                    f"/v1/map?grid=figure8&mlpWidth=4x&heads=16&batch={number % 512 + 1}" if number % 200 == 0
                    else f"/v1/timeline?shape=ViT-B/16&batch={number % 4096 + 1}&format=svg" if number % 10 == 0
                    else f"/v1/check?shape=ViT-L/16&batch={number % 100000 + 1}"
                )
                connection.request("GET", path)
                reply = connection.getresponse()
                reply.read()
                own += 1
                bad += reply.status != 200
            except OSError:
                connection, bad = None, bad + 1
        with lock:
            counts[0] += own
            counts[1] += bad

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(1, 9)]
    for thread in threads:
        thread.start()
    seen, end = [service.resident], time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        time.sleep(min(2, max(0.2, end - time.monotonic())))
        seen.append(service.resident)
    stop.set()
    for thread in threads:
        thread.join()
    return seen, counts[0], counts[1]


def stream(service: Server, lines: int, pause: float) -> tuple[int, float, int]:
    """A long stream of questions whose answers are read slowly at first.

    Returns: number of answers; seconds; most resident bytes meanwhile.
    """
    line = b'{"shape": "ViT-B/16", "batch": 4}\n'
    connection = socket.create_connection(("127.0.0.1", service.port), 60)
    connection.sendall(
        b"POST /v1/checks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
        b"Content-Length: %d\r\n\r\n" % (len(line) * lines)
    )
    connection.settimeout(600)

    def send() -> None:
        piece, left = line * 2000, lines
        while left > 0:
            count = min(left, 2000)
            connection.sendall(piece[: count * len(line)])
            left -= count

    sender = threading.Thread(target=send, daemon=True)
    start, most, answers, last = time.monotonic(), 0, 0, b""
    sender.start()
    looked = 0.0
    while True:
        # The reader is slow at first.
        if time.monotonic() - start < pause:
            time.sleep(0.05)
        bytes_ = connection.recv(1 << 16)
        if not bytes_:
            break
        answers += bytes_.count(b'"verdict"')
        # A match that spans two pieces is counted with the second.
        joint = last[-8:] + bytes_[:8]
        answers += joint.count(b'"verdict"')
        last = bytes_
        if time.monotonic() - looked > 0.5:
            looked, most = time.monotonic(), max(most, service.resident)
        if bytes_.endswith(b"0\r\n\r\n"):
            break
    connection.close()
    return answers, time.monotonic() - start, most


def table(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[index]) for row in [head] + rows) for index in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in [head] + rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|"] + lines[1:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", default=str(ROOT / ".build/release/shapefinder-service"), help="the service's file")
    parser.add_argument("--port", type=int, default=8645, help="the first of two ports (default: 8645)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each (default: 5)")
    parser.add_argument("--seconds", type=float, default=5, help="seconds of one (default: 5)")
    parser.add_argument("--rate", type=int, default=2000, help="fixed rate, requests a second (default: 2000)")
    parser.add_argument("--minutes", type=float, default=1, help="minutes of the look at memory (default: 1)")
    parser.add_argument("--lines", type=int, default=100_000, help="questions of the stream (default: 100000)")
    parser.add_argument("--pause", type=float, default=5, help="seconds for which its reader is slow (default: 5)")
    parser.add_argument("--grown", type=int, default=64, help="MiB that the memory may grow by (default: 64)")
    parser.add_argument("--smoke", action="store_true", help="a form of some seconds, without the bare route")
    arguments = parser.parse_args()
    missing = [tool for tool in ["wrk", "h2load"] if shutil.which(tool) is None]
    if missing and not arguments.smoke:
        print(f"missing: {', '.join(missing)} (Debian: wrk, nghttp2-client)", file=sys.stderr)
        return 69
    failures = []
    service = Server("service", [arguments.service, "--no-store", "--port", str(arguments.port)], arguments.port)
    bare = None
    try:
        if arguments.smoke:
            arguments.minutes, arguments.lines, arguments.pause = 0.05, 5000, 1
            for path in ["/health", CHECK, MAP]:
                fetch(service, path)
        else:
            folder = ROOT / "Validation/bare-route"
            subprocess.run(["swift", "build", "-c", "release", "--package-path", str(folder)], check=True)
            bare = Server("bare route", [str(folder / ".build/release/bare-route"), str(arguments.port + 1)], arguments.port + 1)
            rows = rounds(arguments, service, bare)
            print(table(
                ["server", "address", "requests/s", "least to most", "of bare", "at rate/s", "p99 ms", "least to most"], rows))
            print(f"\n{arguments.rounds} interleaved rounds of {arguments.seconds:.0f} s; {CONNECTIONS} connections; of bare: the median of the rounds\n")
            bare.stop()
            bare = None
        seen, asked, bad = memory(service, arguments.minutes)
        # The cache of answers fills up at first; a leak continues afterwards.
        early, late = seen[len(seen) // 3], max(seen[-max(1, len(seen) // 10):])
        grown = (late - early) / 2**20
        print(
            f"memory: {seen[0] / 2**20:.0f} MiB before, {early / 2**20:.0f} MiB after a third, {late / 2**20:.0f} MiB at the end, "
            f"{max(seen) / 2**20:.0f} MiB at most, over {arguments.minutes:g} minutes and {asked:,} questions")
        if bad:
            failures.append(f"{bad} questions of {asked} had no answer")
        if grown > arguments.grown:
            failures.append(f"the memory grew by {grown:.0f} MiB")
        before = service.resident
        answers, seconds, most = stream(service, arguments.lines, arguments.pause)
        print(
            f"stream: {answers:,} answers to {arguments.lines:,} questions in {seconds:.1f} s "
            f"({answers / seconds:,.0f} a second), slowly read for {arguments.pause:g} s, {(most - before) / 2**20:+.0f} MiB meanwhile")
        if answers != arguments.lines:
            failures.append("the stream did not come to its end")
        if most - before > arguments.grown << 20:
            failures.append("the stream took memory")
    finally:
        code = service.stop()
        if bare:
            bare.stop()
    if code != 0:
        failures.append(f"the service ended with exit code {code}")
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
