#!/usr/bin/env python3
"""Asks the real XLA:TPU compiler what a training step needs, to check Shapefinder's estimates independently.

    python3 Validation/oracle.py '{"shape": {"width": 768, "depth": 4, "mlpWidth": 3072, "heads": 12, "patch": 14}}'
    python3 Validation/oracle.py --memory '{"shape": "ViT-G/14", "batch": 8, "optimizer": "adafactor"}'
    python3 Validation/oracle.py - < configurations.ndjson

The step is written again in JAX/Flax/Optax and compiled for the device, which need not be present. A full compile
takes about a minute for four blocks and 5 to 12 minutes for ViT-g/G; `--memory` stops at the line of the compiler's log
that states the live peak, after 10 to 60 seconds. Configurations are those of the JSON contract. Each answer is one
line of NDJSON, described in evidence/README.md.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib import metadata

import contract

HERE = os.path.dirname(os.path.abspath(__file__))
EXIT_FAILURE, EXIT_BAD_DATA, EXIT_MISSING = 1, 65, 69

ENVIRONMENT = {
    "TPU_SKIP_MDS_QUERY": "1",  # otherwise loading hangs, looking for a cloud host
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",  # otherwise a lock file allows one process
    "TPU_LOG_DIR": "disabled",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_WORKER_ID": "0",
    "TPU_ACCELERATOR_TYPE": "v3-8",
    "TPU_STDERR_LOG_LEVEL": "0",  # this program reads the log
    "TPU_MIN_LOG_LEVEL": "0",
    "TPU_VMODULE": "*remat*=1,*compiler_base*=1",
}


class CompilerLog:
    """Reads the compiler's log line by line and keeps what it says about memory."""

    SIZE = r"([\d.]+)([KMGT]?)i?B?"

    def __init__(self):
        self.observed = {}
        self.memory_is_settled = False
        self.tail = []

    def read(self, line):
        self.tail = (self.tail + [line.rstrip()])[-20:]
        seen = self.observed
        if match := re.search(r"HloRematerialization\(\) with memory limit of " + self.SIZE, line):
            seen["rematerializationLimit"] = contract.size(match[1], match[2])
        elif match := re.search(r"Peak memory usage of module now .*?\((\d+) bytes\), was .*?\((\d+) bytes\)", line):
            seen["peakAfter"] = int(match[1])
            seen.setdefault("livePeak", int(match[2]))  # the pass can run again; only the first peak precedes it
        elif match := re.search(r"Rematerialized (\d+) instructions", line):
            seen["rematerializedInstructions"] = seen.get("rematerializedInstructions", 0) + int(match[1])
        elif re.search(r"[Cc]an.t reduce memory use below", line):
            seen["floorReached"] = True
        elif match := re.search(
                r"post optimization rematerialization limit .*arguments \(" + self.SIZE + r"\).*overlays \("
                + self.SIZE + r"\)", line):
            seen.update(arguments=contract.size(match[1], match[2]), overlays=contract.size(match[3], match[4]))
        elif match := re.search(r"HLO temp .* fragmentation \(" + self.SIZE + r"\)", line):
            seen["packing"] = contract.size(match[1], match[2])
        elif match := re.search(r"program HBM usage: .* / " + self.SIZE, line):
            seen["limit"] = contract.size(match[1], match[2])
        elif "PostOptimizationPipeline time" in line or "memory space and buffer assignment time" in line:
            self.memory_is_settled = "livePeak" in seen


def ask(configuration, memory_only=False, keep=None):
    """The answer for a configuration from contract.read(). Raises RuntimeError if the compiler gives none."""
    contract.topology(configuration)
    request = {"configuration": configuration, "options": options(configuration), "keep": keep}
    start, log, said = time.monotonic(), CompilerLog(), None
    child = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "training_step.py"), json.dumps(request)],
        env={**os.environ, **ENVIRONMENT}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
    try:
        for line in child.stdout:
            if line.startswith('{"parameterCount"'):
                said = json.loads(line)
                break
            log.read(line)
            if memory_only and log.memory_is_settled:
                break
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()
    if said is None and not (memory_only and log.memory_is_settled):
        raise RuntimeError("the compiler gave no answer; the end of its log:\n  " + "\n  ".join(log.tail))
    observed = {**log.observed, **(said or {})}
    observed["seconds"] = round(time.monotonic() - start, 1)
    return judged(configuration, observed)


def options(configuration):
    """Compiler options that lower the memory to `memoryLimit`."""
    reserved = contract.reserved_bytes(configuration)
    return {} if reserved is None else {"xla_tpu_user_reserved_hbm_bytes": str(reserved)}


def judged(configuration, observed):
    """`observed` with `limit` and, if the observations settle it, `fits`."""
    if configuration["memoryLimit"] is not None:
        observed["limit"] = configuration["memoryLimit"]
    elif configuration["device"] in contract.USABLE:
        observed["limit"] = contract.USABLE[configuration["device"]]  # exact; the log has 0.01 GiB
    limit, compiled = observed.get("limit"), observed.pop("fits", None)
    if configuration["rematerialization"] == "none":
        if limit is not None and "livePeak" in observed:
            observed["fits"] = observed["livePeak"] <= limit
    elif compiled is not None:
        # Whether the compiler allocated it; a configured limit is compared with the compiler's own total.
        observed["fits"] = compiled and (configuration["memoryLimit"] is None or observed["total"] <= limit)
    elif observed.get("peakAfter", limit) <= observed.get("rematerializationLimit", -1) + LOGGED_TO:
        observed["fits"] = True
    return {key: observed[key] for key in ORDER if key in observed}


LOGGED_TO = 2**23  # the log gives the limit to 0.01 GiB
ORDER = (
    "fits", "limit", "livePeak", "arguments", "total", "packing", "code", "cycles", "rematerializationLimit", "peakAfter",
    "rematerializedInstructions", "floorReached", "overlays", "outputs", "aliased", "temporaries", "parameterCount",
    "parameterBytes", "optimizerBytes", "flops", "seconds")


def compiler():
    """Names and versions of the packages: `libtpu 0.0.17.1, jax 0.6.2`."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in ("libtpu", "jax"))


def requests(text):
    """(line number, text) of every requested configuration: the argument itself, or the lines of standard input."""
    if text != "-":
        return [(1, text)]
    return ((number, line) for number, line in enumerate(sys.stdin, 1) if line.strip())


def main():
    parser = argparse.ArgumentParser(
        description="Asks the real XLA:TPU compiler what a ViT training step needs.",
        epilog="Answers are NDJSON on standard output; see Validation/evidence/README.md for the keys.")
    parser.add_argument("configuration", help="a configuration as JSON, or - for NDJSON on standard input")
    parser.add_argument("--memory", action="store_true", help="stop once the live peak is known: 10 to 60 seconds")
    parser.add_argument("--keep-program", metavar="FILE", help="keep the final scheduled program there (gzip)")
    parser.add_argument("--set", metavar="NAME", help='label of the evidence, such as "tuned" or "held-out"')
    arguments = parser.parse_args()
    if arguments.keep_program and (arguments.memory or arguments.configuration == "-"):
        parser.error("--keep-program needs the full compile of one configuration")
    try:
        by = compiler()
    except metadata.PackageNotFoundError as missing:
        print(f"oracle: {missing.name} is not installed; run: make oracle", file=sys.stderr)
        return EXIT_MISSING

    status = 0
    for number, text in requests(arguments.configuration):
        try:
            configuration = contract.read(json.loads(text))
            observed = ask(configuration, arguments.memory, arguments.keep_program)
        except (ValueError, RuntimeError) as error:  # bad data or no answer: report it in its place, go on
            bad_data = isinstance(error, ValueError)
            status = status or (EXIT_BAD_DATA if bad_data else EXIT_FAILURE)
            print(f"oracle: line {number}: {error}", file=sys.stderr)
            print(json.dumps({"error": {"line": number, "message": str(error)}}), flush=True)
            continue
        answer = {"configuration": contract.written(configuration), "compiler": by, "observed": observed}
        if arguments.set:
            answer["set"] = arguments.set
        print(json.dumps(answer), flush=True)
    return status


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # this ends the compiler too
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
