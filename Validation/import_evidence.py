#!/usr/bin/env python3
"""Converts raw compiler evidence to lines of evidence/ and drops those that evidence/ already has.

    python3 Validation/import_evidence.py RAW.ndjson >> Validation/evidence/FILE.ndjson

A raw line has the terms of the JAX step that it comes from (`mlp`, `optim`, `adam_half`, `bf16`, ...) and the keys of a
full compile or of a live-peak probe; lines that oracle.py printed are also accepted. A line with an unknown key is
reported on standard error, the others are still converted, and the exit code is 65. Needs only the standard library.
Needs nothing but Python.
"""

import argparse
import glob
import json
import os
import sys

import contract

EXIT_BAD_DATA = 65

# Defaults of the keys that a raw line leaves out.
RAW_DEFAULTS = {"width": 768, "depth": 12, "mlp": 3072, "heads": 12, "patch": 16, "head": "token", "classes": 29593,
                "batch": 8, "res": 224, "optim": "adam", "act": "bf16", "scan": False, "remat": "none", "clip": False,
                "topo": "v3:2x2"}

WORDS = {
    "optim": {"adam": "adam", "adam_half": "adam-half", "adafactor": "adafactor", "sgd": "sgd"},
    "act": {"bf16": "bfloat16", "f32": "float32"},
    "scan": {False: "unrolled", True: "scanned"},
    "clip": {False: "none", True: "global-norm"},
    "remat": {"none": "automatic", "full": "full"},  # "none" concerns JAX only: the compiler may rematerialize
    "topo": {"v3:2x2": ("tpu-v3", 8)},
}

# Raw key to observed key, in the order of the output; evidence/README.md explains the keys.
OBSERVED = {
    "fit": "fits", "limit": "limit", "peak": "livePeak", "arg": "arguments", "arguments": "arguments", "used": "total",
    "packing": "packing", "code": "code", "cycles": "cycles", "remat_limit": "rematerializationLimit",
    "peak_after": "peakAfter", "remat_instructions": "rematerializedInstructions",
    "remat_ops": "rematerializedInstructions", "floor_reached": "floorReached", "overlays": "overlays",
    "out": "outputs", "alias": "aliased", "temp": "temporaries", "params": "parameterCount",
    "param_bytes": "parameterBytes", "opt_bytes": "optimizerBytes", "flops": "flops",
    "seconds": "seconds", "compile_s": "seconds",
}

# Reserved device memory, as bytes or as compiler options; it becomes a lower memory limit.
RESERVED = {"reserve", "copt"}
# Keys that do not describe the step: the probe's name, the number of instructions with cycles, the time to lower.
IGNORED = {"name", "n_cyc", "lower_s"}
LABELS = {"compiler", "set"}


def converted(row, compiler=None, label=None):
    """The line of evidence for a raw row. Raises ValueError with the key that is not understood."""
    if "configuration" in row:
        configuration = contract.written(contract.read(row["configuration"]))
        observed = row["observed"]
    else:
        for key in row:
            if not any(key in keys for keys in (RAW_DEFAULTS, OBSERVED, RESERVED, IGNORED, LABELS)):
                raise ValueError(f"{key}: is not a known key of raw evidence")
        configuration = contract.written(contract.read(asked(row)))
        observed = {new: row[old] for old, new in OBSERVED.items() if old in row}
        if limit := configuration.get("memoryLimit"):
            lowered(observed, limit)
    if not {"livePeak", "total"} & observed.keys():
        raise ValueError("has neither a live peak nor a total")
    compiler = row.get("compiler", compiler)
    if not compiler:
        raise ValueError("compiler: is required, in the line or as --compiler")
    return {"configuration": configuration, "compiler": compiler, "observed": observed,
            "set": row.get("set", label or "shared")}


def lowered(observed, limit):
    """Judges the observed total by a limit that the raw line's own verdict did not consider."""
    observed["limit"] = limit
    if "total" in observed and observed.get("fits", True):
        observed["fits"] = observed["total"] <= limit


def reserved(row):
    """Reserved bytes of the device's memory, 0 if none. Raises ValueError for any other compiler option."""
    options = dict(row.get("copt") or {})
    reserved = options.pop("xla_tpu_user_reserved_hbm_bytes", None) or row.get("reserve") or 0
    if options:
        raise ValueError(f"copt: compiled with options that no configuration asks for: {', '.join(options)}")
    return int(reserved)


def asked(row):
    """The configuration of a raw row in the contract's terms."""
    raw = {**RAW_DEFAULTS, **row}
    for key, words in WORDS.items():
        if raw[key] not in words:
            raise ValueError(f"{key}: {raw[key]!r} must be one of " + ", ".join(map(str, words)))
        raw[key] = words[raw[key]]
    device, cores = raw["topo"]
    taken = reserved(row)
    return {
        "shape": {"width": raw["width"], "depth": raw["depth"], "mlpWidth": raw["mlp"], "heads": raw["heads"],
                  "patch": raw["patch"]},
        "device": device, "batch": raw["batch"], "imageSize": raw["res"], "head": raw["head"],
        "classes": raw["classes"], "optimizer": raw["optim"], "precision": raw["act"], "gradientClipping": raw["clip"],
        "rematerialization": raw["remat"], "layers": raw["scan"], "dataParallel": cores,
        "memoryLimit": contract.limit_of_reserved(device, taken) if taken else None,
    }


def question(line):
    """A key that is equal for duplicates. A probe and a full compile are not duplicates."""
    full = "total" in line["observed"]
    return json.dumps([line["configuration"], line["compiler"], full], sort_keys=True)


def lines(path):
    """Yields (line number, decoded object or ValueError) of an NDJSON file; `-` is standard input."""
    with sys.stdin if path == "-" else open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if text.strip():
                try:
                    yield number, json.loads(text)
                except ValueError as error:
                    yield number, error


def main():
    parser = argparse.ArgumentParser(description="Turns raw compiler evidence into the lines of Validation/evidence.")
    parser.add_argument("raw", nargs="+", help="NDJSON files, - for standard input")
    parser.add_argument("--evidence", metavar="DIR", default=os.path.join(contract.HERE, "evidence"),
                        help="evidence to hold duplicates against (default: %(default)s)")
    parser.add_argument("--compiler", help="compiler of lines that do not name theirs")
    parser.add_argument("--set", help='label of lines that have none (default: "shared")')
    arguments = parser.parse_args()

    known = {}
    for path in sorted(glob.glob(os.path.join(arguments.evidence, "*.ndjson"))):
        for _, line in lines(path):
            known[question(line)] = line
    written = duplicates = refused = 0
    for path in arguments.raw:
        for number, row in lines(path):
            try:
                if isinstance(row, ValueError):
                    raise row
                line = converted(row, arguments.compiler, arguments.set)
            except (ValueError, TypeError) as error:
                refused += 1
                print(f"{path}:{number}: {error}", file=sys.stderr)
                continue
            earlier = known.setdefault(question(line), line)
            if earlier is line:
                written += 1
                print(json.dumps(line))
                continue
            duplicates += 1
            differing = [key for key in ("livePeak", "total", "cycles", "fits")
                         if earlier["observed"].get(key) != line["observed"].get(key)]
            if differing:
                print(f"{path}:{number}: duplicate that differs in " + ", ".join(differing), file=sys.stderr)
    print(f"{written} written, {duplicates} duplicates dropped, {refused} refused", file=sys.stderr)
    return EXIT_BAD_DATA if refused else 0


if __name__ == "__main__":
    sys.exit(main())
