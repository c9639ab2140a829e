"""Benchmarks training steps of this engine, PyTorch eager and PyTorch compiled, interleaved on the same threads.

    make build
    Validation/torchenv/bin/python Validation/compare_pytorch.py --worker .build/release/shapefinder-worker \\
        --threads 2 --rounds 7 --output rounds.ndjson > reports/pytorch.md

Every engine is a separate process that waits on its standard input while another one steps. A round gives each one turn;
a turn is a few steps in a row, and its time is their median. Ratios are taken within a round, so that what slows a whole
round slows both sides. README.md, "PyTorch", describes the protocol of the engines. Standard library only.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import contract

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = os.sysconf("SC_CLK_TCK")


def case(name, batch, ratio, replay_share=None, **keys):
    """A shape with its targets: the speedup over PyTorch's better mode, and the share of the bare products' rate."""
    configuration = {
        "device": "cpu", "shape": keys.pop("shape", name), "batch": batch, "imageSize": 224, "head": "token",
        "classes": 1000, "optimizer": "adam", "precision": "float32", "gradientClipping": "none",
        "rematerialization": "none", "layers": "unrolled", "dataParallel": 1, **keys}
    return {"name": name, "configuration": configuration, "ratio": ratio, "replayShare": replay_share}


def shape(width, depth, mlp, heads, patch):
    return {"width": width, "depth": depth, "mlpWidth": mlp, "heads": heads, "patch": patch}


CASES = [
    case("ViT-Ti/16", 8, ratio=1.3),
    case("ViT-S/16", 8, ratio=1.1, replay_share=0.85),
    case("ViT-B/16", 4, ratio=1.1, replay_share=0.85),
    case("ViT-B/32", 8, ratio=1.1, replay_share=0.85),
    case("320x9/14-map", 8, ratio=1.0, shape=shape(320, 9, 1000, 5, 14), imageSize=160, head="map"),
    case("704x6/16-token", 6, ratio=1.0, shape=shape(704, 6, 2816, 11, 16), imageSize=192),
]
BYTES_SHARE = 0.5  # of the better PyTorch mode's bytes beyond parameters, gradients and optimizer state


# Makes the C library keep freed memory instead of returning it to the system and faulting it in again every step.
KEEPING_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**33), "MALLOC_TOP_PAD_": str(2**26)}


# Prefixes of variables that tune matrix libraries: kernels of another processor, a number of threads.
TUNING = ("OPENBLAS_", "MKL_", "OMP_", "KMP_", "DNNL_", "ONEDNN_")


def untuned_environment():
    """The environment without these variables: every engine uses its defaults."""
    return {key: value for key, value in os.environ.items() if not key.startswith(TUNING)}


def openblas_configuration():
    """OpenBLAS's own configuration, with the kernels that it uses on this processor; None if it is not installed."""
    program = ("import ctypes; library = ctypes.CDLL('libopenblas.so.0'); "
               "library.openblas_get_config.restype = ctypes.c_char_p; print(library.openblas_get_config().decode())")
    answer = subprocess.run([sys.executable, "-c", program], env=untuned_environment(), capture_output=True, text=True)
    return answer.stdout.strip() or None


class Engine:
    """A process that answers each line with a line."""

    def __init__(self, name, command, environment=None, first=None):
        self.name, self.command = name, command
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={**untuned_environment(), **(environment or {})})
        if first is not None:
            self.send(json.dumps(first))
        self.ready = self.receive()

    def send(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise EngineError(f"{self.name}: ended with {self.process.wait()}: {' '.join(self.command)}") from None

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise EngineError(f"{self.name}: ended with {self.process.wait()}: {' '.join(self.command)}")
        try:
            answer = json.loads(line)
        except ValueError:
            raise EngineError(f"{self.name}: answered {line.strip()!r}, not a line of JSON") from None
        if not isinstance(answer, dict) or "error" in answer:
            raise EngineError(f"{self.name}: {line.strip()}")
        return answer

    def ask(self, line):
        self.send(line)
        return self.receive()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_peak(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))

    def close(self):
        if self.process.poll() is None:
            try:
                self.send("quit")
                self.process.wait(10)
            except (EngineError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()


class EngineError(RuntimeError):
    """An engine ended, answered with an error, or did not answer with a line of JSON."""


def busy_seconds():
    """Processor seconds that this machine has been busy, stolen time included."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def turn(engine, engines, request, count):
    """`count` answers in a row, and the processor time that this engine and others used meanwhile."""
    busy, start = busy_seconds(), time.perf_counter()
    before = {other.name: other.cpu_seconds() for other in engines}
    answers = [engine.ask(request) for _ in range(count)]
    spent = {other.name: other.cpu_seconds() - before[other.name] for other in engines}
    elapsed, busy = time.perf_counter() - start, busy_seconds() - busy
    idle_engines = sum(seconds for name, seconds in spent.items() if name != engine.name)
    return answers, {"elapsed": elapsed, "cpuSeconds": spent[engine.name], "idleEnginesCPUSeconds": idle_engines,
                     "otherCPUSeconds": max(0.0, busy - sum(spent.values()))}


def spread(values):
    return {"median": statistics.median(values), "minimum": min(values), "maximum": max(values), "n": len(values)}


def start(case, arguments):
    """Starts the engines of a case, ours first. If it raises EngineError, none is left running."""
    threads, engines = str(arguments.threads), []
    torch = [sys.executable, os.path.join(HERE, "pytorch_step.py"), json.dumps(case["configuration"]), "--serve",
             "--threads", threads, "--warmup", str(arguments.warmup)]
    try:
        engines.append(Engine(
            "ours", [*arguments.worker, "serve", "--threads", threads],
            first={"configuration": case["configuration"], "threads": arguments.threads}))
        for mode in arguments.modes:
            environment = {"OMP_NUM_THREADS": threads, **(KEEPING_MEMORY if arguments.keep_memory else {})}
            engines.append(Engine(mode, [*torch, "--mode", mode], environment))
    except BaseException:
        for engine in engines:
            engine.close()
        raise
    return engines


def compared(case, arguments, record):
    """Runs one case, passes every turn to `record` and returns the summary."""
    engines = start(case, arguments)
    ours, torch = engines[0], engines[1:]
    turns = {engine.name: [] for engine in engines}
    phases = {engine.name: {phase: [] for phase in ("forward", "backward", "update")} for engine in engines}
    replays, shares, product_shares, disturbed = [], [], [], 0
    try:
        for engine in engines:
            for _ in range(arguments.warmup):
                engine.ask("step")
        for number in range(arguments.rounds):
            for engine in engines:
                answers, meanwhile = turn(engine, engines, "step", arguments.steps)
                seconds = statistics.median(answer["seconds"] for answer in answers)
                turns[engine.name].append(seconds)
                for phase, values in phases[engine.name].items():
                    values.append(statistics.median(answer.get(phase, 0) for answer in answers))
                other = (meanwhile["otherCPUSeconds"] + meanwhile["idleEnginesCPUSeconds"]) / meanwhile["elapsed"]
                disturbed += other > arguments.disturbance
                record({"shape": case["name"], "round": number, "engine": engine.name, "seconds": seconds,
                        "steps": answers, **meanwhile, "disturbed": other > arguments.disturbance})
            if arguments.replay:
                answers, meanwhile = turn(ours, engines, "replay", 1)
                replays.append(answers[0]["replaySeconds"])
                shares.append(replays[-1] / turns["ours"][-1])
                if answers[0].get("stepProductSeconds"):
                    product_shares.append(replays[-1] / answers[0]["stepProductSeconds"])
                record({"shape": case["name"], "round": number, "engine": "replay", **answers[0], **meanwhile})
        memory = {engine.name: engine.ask("memory") for engine in torch}
        peaks = {engine.name: engine.resident_peak() for engine in engines}
    finally:
        for engine in engines:
            engine.close()
    better = min(memory, key=lambda name: statistics.median(turns[name]))
    ratios = [theirs / own for theirs, own in zip(turns[better], turns["ours"])]
    # For PyTorch's best case, the smaller answer of each mode's two baselines, and the smaller mode.
    beyond = {name: min(said["beyondBytes"], said["beyondStepBytes"]) for name, said in memory.items()}
    summary = {
        "shape": case["name"], "configuration": case["configuration"], "threads": arguments.threads,
        "seconds": {name: spread(values) for name, values in turns.items()},
        "phases": {name: {phase: statistics.median(values) for phase, values in of.items()} for name, of in phases.items()},
        "better": better, "ratio": spread(ratios), "ratioTarget": case["ratio"],
        "ratioMet": statistics.median(ratios) >= case["ratio"] and statistics.median(ratios) > 1,
        "beyondBytes": {"ours": ours.ready["beyondBytes"], **beyond},
        "bytesShare": ours.ready["beyondBytes"] / min(beyond.values()), "bytesTarget": BYTES_SHARE,
        "residentPeakBytes": peaks, "memory": memory, "ready": {engine.name: engine.ready for engine in engines},
        "disturbedTurns": disturbed, "turns": len(engines) * arguments.rounds,
    }
    summary["bytesMet"] = summary["bytesShare"] <= BYTES_SHARE
    if shares:
        summary.update(replaySeconds=spread(replays), replayShare=spread(shares), replayTarget=case["replayShare"],
                       openblas=openblas_configuration())
        if product_shares:
            summary["productShare"] = spread(product_shares)
        if case["replayShare"] is not None:
            summary["replayMet"] = statistics.median(shares) >= case["replayShare"]
    record({"summary": summary})
    return summary


def milliseconds(spread):
    return f"{1e3 * spread['median']:.0f} ({1e3 * spread['minimum']:.0f}–{1e3 * spread['maximum']:.0f})"


def verdict(met):
    return "met" if met else "**missed**"


def table(summaries, modes):
    """The summaries as Markdown: times in ms as median (minimum–maximum)."""
    head = ["shape", "batch", "ours, ms", *(f"PyTorch {mode}, ms" for mode in modes), "ratio to the better", "target",
            "beyond, MB: ours", *(f"{mode}" for mode in modes), "share", "target 0.5", "of replay's rate", "target",
            "disturbed turns"]
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join("---" for _ in head) + "|"]
    for s in summaries:
        cells = [s["shape"], s["configuration"]["batch"], milliseconds(s["seconds"]["ours"]),
                 *(milliseconds(s["seconds"][mode]) for mode in modes),
                 f"{s['ratio']['median']:.2f} ({s['ratio']['minimum']:.2f}–{s['ratio']['maximum']:.2f})",
                 f"{s['ratioTarget']:.1f}: {verdict(s['ratioMet'])}",
                 f"{s['beyondBytes']['ours'] / 1e6:.0f}", *(f"{s['beyondBytes'][mode] / 1e6:.0f}" for mode in modes),
                 f"{s['bytesShare']:.2f}", verdict(s["bytesMet"]),
                 f"{s['replayShare']['median']:.0%}" if "replayShare" in s else "–",
                 f"{s['replayTarget']:.0%}: {verdict(s['replayMet'])}" if "replayMet" in s else "–",
                 f"{s['disturbedTurns']} of {s['turns']}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    names = ("ours", *modes)
    lines += ["", "Where the time goes: median milliseconds of forward + backward + update.", "",
              "| shape | " + " | ".join(names) + " | bare products |", "|---" * (len(names) + 2) + "|"]
    for s in summaries:
        phases = (" + ".join(f"{1e3 * s['phases'][name][phase]:.0f}" for phase in ("forward", "backward", "update"))
                  for name in names)
        replay = f"{1e3 * s['replaySeconds']['median']:.0f}" if "replaySeconds" in s else "–"
        lines.append(f"| {s['shape']} | " + " | ".join(phases) + f" | {replay} |")
    lines += ["", "Where this engine's bytes go, in MB: what its blocks keep for the backward pass (input, query, key, value, attention "
              "output and hidden layer, in float32), over which gradients are written later; the whole plan; its part beyond "
              "parameters, gradients and state; and what of the process is resident beyond them, libraries and their buffers included.",
              "", "| shape | blocks keep | planned | beyond, planned | beyond, resident |", "|---|---|---|---|---|"]
    for s in summaries:
        counted = s["memory"][modes[0]]
        planned = s["ready"]["ours"]["plannedBytes"]
        held = sum(counted[key] for key in ("parameterBytes", "gradientBytes", "optimizerBytes"))
        numbers = (kept_bytes(s), planned, planned - held, s["beyondBytes"]["ours"])
        lines.append(f"| {s['shape']} | " + " | ".join(f"{number / 1e6:.0f}" for number in numbers) + " |")
    return "\n".join(lines)


def kept_bytes(summary):
    """Bytes that the blocks keep: 5 tensors of batch x tokens x width and one of the MLP's width (HostPlanTests)."""
    configuration = summary["configuration"]
    shape = contract.read_cpu(configuration)["shape"]
    tokens = (configuration["imageSize"] // shape["patch"]) ** 2 + (configuration["head"] == "token")
    return 4 * shape["depth"] * configuration["batch"] * tokens * (5 * shape["width"] + shape["mlpWidth"])


def report(summaries, arguments):
    torch = next(iter(summaries[0]["memory"]))
    said = summaries[0]["ready"][torch]
    rounds = summaries[0]["turns"] // len(summaries[0]["seconds"])
    return f"""# Real steps beside PyTorch's

Written by `Validation/compare_pytorch.py`; its README says how, under "PyTorch". Bytes beyond are those beyond parameters, gradients \
and optimizer state, of PyTorch the smaller of two readings. The last figures hold the whole step against its own matrix products \
alone, replayed bare by {summaries[0].get('openblas') or 'OpenBLAS'}.

{said['cpu']}, {summaries[0]['threads']} threads, PyTorch {said['torch']} ({said['capability']}); {rounds} rounds of \
{arguments.steps} steps, interleaved; median (minimum–maximum).{
    " PyTorch's allocator keeps freed memory." if arguments.keep_memory else ""}

{table(summaries, arguments.modes)}
"""


def main():
    parser = argparse.ArgumentParser(description="This engine and PyTorch, interleaved on the same threads.")
    parser.add_argument("--worker", nargs="+", default=[".build/release/shapefinder-worker"], help="our engine's command")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=3, help="steps in a turn; its time is their median")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--modes", nargs="+", choices=("eager", "compile"), default=["eager", "compile"])
    parser.add_argument("--shapes", nargs="+", choices=[case["name"] for case in CASES], metavar="NAME",
                        help="of " + ", ".join(case["name"] for case in CASES))
    parser.add_argument("--no-replay", dest="replay", action="store_false", help="do not replay the bare products")
    parser.add_argument("--keep-memory", action="store_true",
                        help="let PyTorch's allocator keep freed memory: 5 to 10 %% faster on small shapes")
    parser.add_argument("--disturbance", type=float, default=0.05,
                        help="a turn is disturbed if others used more than this share of one processor")
    parser.add_argument("--output", default="-", help="NDJSON of every turn; - for none")
    parser.add_argument("--read", metavar="FILE", help="run nothing: write the report of such a file again")
    arguments = parser.parse_args()
    if arguments.read:
        with open(arguments.read) as file:
            lines = [json.loads(line) for line in file]
        print(report([line["summary"] for line in lines if "summary" in line], arguments), end="")
        return
    summaries, failed = [], []
    with open(os.devnull if arguments.output == "-" else arguments.output, "w") as output:

        def record(line):
            output.write(json.dumps(line) + "\n")
            output.flush()

        for case in CASES:
            if arguments.shapes and case["name"] not in arguments.shapes:
                continue
            try:
                summaries.append(compared(case, arguments, record))
            except EngineError as error:
                failed.append(case["name"])
                record({"shape": case["name"], "error": str(error)})
                print(f"{case['name']}: {error}", file=sys.stderr)
            else:
                s = summaries[-1]
                print(f"{case['name']}: {s['ratio']['median']:.2f} times faster than {s['better']}", file=sys.stderr)
    if summaries:
        print(report(summaries, arguments), end="")
    met = all(s["ratioMet"] and s["bytesMet"] and s.get("replayMet", True) for s in summaries)
    sys.exit(69 if failed else 0 if met else 1)


if __name__ == "__main__":
    main()
