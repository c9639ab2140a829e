"""The same 20 training steps, asked of everything that estimates one: writes reports/field.md.

    python3 -m venv Validation/fieldenv && Validation/fieldenv/bin/pip install -r Validation/requirements-field.txt
    git clone https://github.com/calculon-ai/calculon && git clone https://github.com/ISEEKYAN/mbridge     (anywhere)
    Validation/fieldenv/bin/python Validation/field.py --calculon calculon --mbridge mbridge --output reports/field.md
    Validation/fieldenv/bin/python Validation/field.py --one naive '{"shape": "ViT-G/14"}'                 (one answer)

The steps are taken by a rule from what the compiler said of steps that nothing here was tuned on, and the compiler's answer is
the truth. Every method is asked about the step as nearly as it can say it; what it says otherwise stands beside its answer.
Calculon and mbridge are run from clones as they are; without one its column is left out.
"""

import argparse
import glob
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date

import yaml

import contract

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
COMPILED = os.path.join(HERE, "compiled")
GIB, MIB = 2**30, 2**20

# How many steps are taken from each part of the evidence; with the paper's two they are 20.
IN_FULL, FOR_MEMORY = 8, 10

with open(os.path.join(ROOT, "shapes", "devices", "tpu-v3.yaml"), encoding="utf-8") as file:
    DEVICE = {key: entry["value"] for key, entry in yaml.safe_load(file).items() if isinstance(entry, dict)}


def leading_number(text):
    """The number of a value with a unit, such as `940 MHz`."""
    return float(str(text).split()[0])


CLOCK = leading_number(DEVICE["clock"]) * 1e6
LIMIT = DEVICE["usableMemory"]


# --- The steps and the truth


@dataclass
class Step:
    """A configuration and what the compiler said of it: bytes of one core, seconds of a step without its all-reduces."""

    source: str
    label: str
    configuration: dict
    live_peak: int
    total: int | None
    seconds: float | None
    fits: bool | None
    answered_in: float | None

    @property
    def shape(self):
        return self.configuration["shape"]


def only_contract(line):
    """The configuration of a result's line, every key filled in."""
    return contract.read({key: line[key] for key in ("shape", *contract.DEFAULTS) if line.get(key) is not None})


def key_of(configuration):
    return json.dumps(configuration, sort_keys=True)


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [(f"{os.path.basename(path).removesuffix('.ndjson')}:{number}", json.loads(line))
                for number, line in enumerate(file, 1)]


def compiled_answers():
    """What `shapefinder compile` was answered, by configuration."""
    answers = {}
    for path in sorted(glob.glob(os.path.join(COMPILED, "tpu-*.ndjson"))):
        for _, line in lines(path):
            answers[key_of(only_contract(line))] = line
    return answers


def steps():
    """The 20 steps: the paper's, which the compiler finished, then every n-th of the others, by live peak.

    The others are the rows of the evidence labelled shared or held-out that have a live peak: by the oracle, or by this
    program's own compile of the same step. Those compiled in full, with cycles, are one list and the rest another; each
    is sorted by live peak, file and line and cut into equal parts, whose middle rows are taken.
    """
    compiled, found = compiled_answers(), {}
    for path in sorted(glob.glob(os.path.join(HERE, "evidence", "*.ndjson"))):
        for source, line in lines(path):
            if line["set"] == "tuned":
                continue
            configuration, seen = contract.read(line["configuration"]), line["observed"]
            answer = compiled.get(key_of(configuration))
            if answer is not None:
                memory, seconds, fits = answer["memory"], answer["stepSeconds"], answer["verdict"] == "fits"
                # The evidence's totals count the packer's gaps twice, as the compiler does, those of `compile` once.
                peak, total = memory["livePeak"], memory["total"] + memory["packing"]
            elif "livePeak" in seen:
                peak, total, fits = seen["livePeak"], seen.get("total"), seen.get("fits")
                seconds = seen["cycles"] / CLOCK if "cycles" in seen else None
            else:
                continue
            found[key_of(configuration)] = Step(
                f"{source}, {line['set']}", described(configuration), configuration, peak, total, seconds, fits, seen.get("seconds"))
    papers = []
    for _, line in lines(os.path.join(COMPILED, "paper.ndjson")):
        step = found.pop(key_of(only_contract(line)), None)
        if step is not None and step.seconds is not None:
            step.label = f"{line['shape']}: {step.label}"
            papers.append(step)
    ordered = sorted(found.values(), key=lambda step: (step.live_peak, step.source))
    in_full = [step for step in ordered if step.seconds is not None]
    for_memory = [step for step in ordered if step.seconds is None]
    chosen = papers + middles(in_full, IN_FULL) + middles(for_memory, FOR_MEMORY)
    return sorted(chosen, key=lambda step: step.live_peak), len(in_full), len(for_memory)


def middles(ordered, count):
    """The middle of each of `count` equal parts."""
    return [ordered[(2 * part + 1) * len(ordered) // (2 * count)] for part in range(count)]


def described(c):
    """A configuration in the reports' short form."""
    s = c["shape"]
    words = [f"{s['width']}x{s['depth']}x{s['mlpWidth']} h{s['heads']} /{s['patch']}", f"{c['imageSize']} px", f"b{c['batch']}",
             c["head"], c["optimizer"], c["precision"], f"C{c['classes']}"]
    words += ["clipped"] if c["gradientClipping"] != "none" else []
    words += [{"full": "recomputed blocks", "none": "no recomputation"}[c["rematerialization"]]] \
        if c["rematerialization"] != "automatic" else []
    words += [c["layers"]] if c["layers"] != "unrolled" else []
    return ", ".join(words)


def tokens_of(c):
    return (c["imageSize"] // c["shape"]["patch"]) ** 2 + (c["head"] == "token")


def parameter_counts(c):
    """Parameters of the encoder blocks, and of everything else."""
    s = c["shape"]
    width, mlp = s["width"], s["mlpWidth"]
    attention = 4 * width * (width + 1)
    block = attention + 2 * width * mlp + mlp + width + 4 * width
    embedding = 3 * s["patch"] ** 2 * width + width + tokens_of(c) * width
    head = {"token": width, "gap": 0, "map": width + block - 2 * width}[c["head"]]  # a block with one norm, and the probe
    return s["depth"] * block, embedding + 2 * width + head + (width + 1) * c["classes"]


# --- The methods


@dataclass
class Answer:
    """Bytes of a step; `otherwise`: what of the step the method cannot say, so that it answered about another one."""

    bytes: float
    otherwise: tuple = ()
    seconds: dict | None = None
    verdict: str | None = None
    total: int | None = None

    def fits(self):
        return self.verdict or ("fits" if self.bytes <= LIMIT else "does-not-fit")


class Ours:
    name = "shapefinder"
    lacks = "the time of scanned layers, other models, sharded weights, what the input pipeline holds"

    def __init__(self, program):
        self.program = program
        self.cli = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def lines(self, configurations, cores=None):
        """The answers to `configurations` from one process, and its seconds from launch to exit."""
        asked = [contract.written({**c, **({} if cores is None else {"dataParallel": cores})}) for c in configurations]
        questions = "".join(json.dumps(c) + "\n" for c in asked)
        start = time.perf_counter()
        answered = subprocess.run(self.command("--configurations", "-", "--format", "ndjson"), capture_output=True, text=True,
                                  input=questions, check=True).stdout
        seconds = time.perf_counter() - start
        return [json.loads(line) for line in answered.splitlines()], seconds

    def command(self, *options):
        return [self.program, "check", *options, "--no-store"]

    def ask_all(self, configurations):
        # The compiler counts no cycles for all-reduces: time is asked of one core, which has none.
        answers, alone = self.lines(configurations)[0], self.lines(configurations, cores=1)[0]
        self.version = f"{self.cli}, model version {answers[0]['provenance']['version']}"
        for c, line, single in zip(configurations, answers, alone):
            if line["parameterCount"] != sum(parameter_counts(c)):
                raise SystemExit(f"{described(c)}: {line['parameterCount']} parameters, counted here {sum(parameter_counts(c))}")
            yield Answer(line["memory"]["livePeak"], seconds={"": single["stepSeconds"]}, verdict=line["verdict"],
                         total=line["memory"]["total"])

    def stream_seconds(self, configurations):
        """Seconds a configuration within a long stream of different ones, reading and writing included."""
        many = [{**c, "batch": batch} for batch in range(1, 1001) for c in configurations]
        runs = [self.lines(many)[1] / len(many) for _ in range(5)]
        return Times(runs)


def adams_words(c, *more):
    """What a formula for Adam at 16 bits answers otherwise."""
    return ((c["optimizer"],) if c["optimizer"] != "adam" else ()) + more


class Naive:
    name = "weights x 16 + activations"
    lacks = ("tile padding, gradients freed as they are used, other optimizers than Adam, 32-bit activations, MLPs other than 4 x "
             "the width, activations of the head, recomputation, time")

    def ask(self, c):
        s = c["shape"]
        more = (*(("float32",) if c["precision"] == "float32" else ()), *(("MLP",) if s["mlpWidth"] != 4 * s["width"] else ()),
                *(("recomputed blocks",) if c["rematerialization"] == "full" else ()))
        return Answer(naive_bytes(c), adams_words(c, *more))


def naive_bytes(c):
    """16 bytes a weight (parameter, gradient and Adam's two moments in float32), and s b h (34 + 5 a s / h) a block.

    Source: Korthikanti et al., Reducing Activation Recomputation in Large Transformer Models, arXiv 2205.05198, section 4.1,
    equation 1: bytes of a layer's activations at 16 bits for sequence s, microbatch b, hidden h, a heads.
    """
    s, b, h, a = tokens_of(c), c["batch"], c["shape"]["width"], c["shape"]["heads"]
    return 16 * sum(parameter_counts(c)) + c["shape"]["depth"] * s * b * h * (34 + 5 * a * s / h)


class MemTracker:
    """PyTorch's tracker over one warmed-up eager step of fake tensors."""

    lacks = "tile padding, what XLA fuses, keeps and writes in place, the compiler's own rematerialization, time"

    def __init__(self, fused):
        self.fused = fused
        self.name = "MemTracker" + (", fused attention" if fused else "")

    def ask(self, c):
        import field_torch
        return Answer(field_torch.tracked_bytes(c, self.fused))


class Calculon:
    name = "Calculon"
    lacks = ("tile padding, patch embedding, head and classifier, other optimizers than Adam, clipping, the compiler's own rematerialization")

    def __init__(self, folder):
        sys.path.insert(0, folder)
        import calculon.llm
        import calculon.system
        self.llm, self.system = calculon.llm.Llm, calculon.system.System
        with open(os.path.join(folder, "systems", "a100_80g.json"), encoding="utf-8") as file:
            self.sample = json.load(file)
        self.asked = (f"commit {commit(folder)}: the encoder's blocks as a language model's, `bfloat16` or `float32`, and 16 bytes for each "
                      "other weight. Times by its sample system `a100_80g`, with the peak rates of a TPUv3 core and its own curves of "
                      "efficiency")

    def described_system(self, mode):
        """Its sample system with a TPUv3 core's peak rates; its own curves of efficiency; no end to the memory, so that it answers."""
        peak = leading_number(DEVICE["peakFLOPs"])
        vector = 2 * DEVICE["lanes"] * DEVICE["sublanes"] * CLOCK / 1e12  # a multiply and an add a lane and cycle
        curves = {unit: self.sample[unit]["float16"]["gflops_efficiency"] for unit in ("matrix", "vector")}
        return {**self.sample, "processing_mode": mode,
                "matrix": {kind: {"tflops": peak, "gflops_efficiency": curves["matrix"]} for kind in ("bfloat16", "float32")},
                "vector": {kind: {"tflops": vector, "gflops_efficiency": curves["vector"]} for kind in ("bfloat16", "float32")},
                "mem1": {**self.sample["mem1"], "GiB": 2**20, "GBps": leading_number(DEVICE["bandwidth"])}}

    def ask(self, c):
        import logging
        s, recomputed = c["shape"], c["rematerialization"] == "full"
        application = {"hidden": s["width"], "feedforward": s["mlpWidth"], "seq_size": tokens_of(c), "attn_heads": s["heads"],
                       "attn_size": s["width"] // s["heads"], "num_blocks": s["depth"]}
        execution = {
            "num_procs": 1, "tensor_par": 1, "pipeline_par": 1, "data_par": 1, "tensor_par_net": 0, "pipeline_par_net": 0,
            "data_par_net": 0, "batch_size": c["batch"], "microbatch_size": c["batch"], "datatype": c["precision"],
            "fused_activation": True, "attention_type": "multihead", "activation_recompute": "full" if recomputed else "none",
            "pipeline_interleaving": 1, "optimizer_sharding": False, "tensor_par_comm_type": "ar", "tensor_par_overlap": "none",
            "seq_par_ag_redo": False, "data_par_overlap": False, "weight_offload": False, "activations_offload": False,
            "optimizer_offload": False, "training": True}
        seconds, needed = {}, None
        for mode in ("no_overlap", "roofline"):
            model = self.llm(self.llm.Application(application), logging.getLogger("calculon"))
            system = self.system(self.described_system(mode))
            model.compile(system, self.llm.Execution.from_json(execution))
            model.run(system)
            seconds[mode] = model.get_total_time()
            needed = model.get_mem_tier1_cap_req()
        # A weight is 16 bytes to it, with gradient, moments and the master copy of one of 16 bits.
        rest = 16 * parameter_counts(c)[1]
        return Answer(needed + rest, adams_words(c), seconds)


class MBridge:
    name = "mbridge"
    lacks = ("tile padding, kept logits of attention, patch embedding, head and classifier, LayerNorm, other optimizers than Adam, 32-bit "
             "activations, clipping, the compiler's own rematerialization, time")

    def __init__(self, folder):
        import field_mbridge
        self.estimate = field_mbridge.estimator(os.path.join(folder, "memory_estimator"))
        self.asked = (f"commit {commit(folder)}, Megatron-Core {importlib.metadata.version('megatron-core')}, `memory_estimator`: the "
                      "encoder's blocks as a language model's with RMSNorm, flash attention and a vocabulary of one, and 18 bytes for "
                      "each other weight")

    def ask(self, c):
        blocks, other = self.estimate(c, tokens_of(c)), parameter_counts(c)[1]
        return Answer(blocks + 18 * other, adams_words(c, *(("float32",) if c["precision"] == "float32" else ())))


# --- Time an answer


@dataclass
class Times:
    """Seconds: of the same thing again and again, or of a different step each."""

    values: list
    repeated: bool = True

    def __str__(self):
        spread = f"least {duration(min(self.values))}, n = {len(self.values)}" if self.repeated \
            else f"{duration(min(self.values))} to {duration(max(self.values))}"
        return f"{duration(statistics.median(self.values))} ({spread})"


def launched(commands, count):
    """Seconds from launch to exit of each command, taken in turns."""
    taken = [[] for _ in commands]
    for _ in range(count):
        for command, values in zip(commands, taken):
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            values.append(time.perf_counter() - start)
    return [Times(values) for values in taken]


# --- The report


def duration(seconds):
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1 or unit == "µs":
            break
    value = seconds * factor
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def gib(value):
    return f"{value / GIB:.2f}"


def percent(ratio):
    return f"{ratio - 1:+.1%}".replace("%", " %").replace("-", "−")


def share(value):
    return f"{value:.1%}".replace("%", " %")


def ninth(values):
    """The least value that nine in ten do not exceed."""
    ordered = sorted(values)
    return ordered[-(-9 * len(ordered) // 10) - 1]


def table(heads, rows):
    """Markdown; a head that ends in a colon has its column on the right."""
    rule = ["---:" if head.endswith(":") else "---" for head in heads]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in ([h.rstrip(":") for h in heads], rule, *rows)) + "\n"


def main_table(chosen, methods, answers):
    rows = []
    for number, step in enumerate(chosen, 1):
        cells = []
        for method in methods:
            answer = answers[method.name][number - 1]
            star = r"\*" if answer.otherwise else ""
            cells.append(f"{gib(answer.bytes)}{star} ({percent(answer.bytes / step.live_peak)})")
        rows.append([number, step.label, gib(step.live_peak), *cells])
    return table(["", "step", "compiler:", *(f"{method.name}:" for method in methods)], rows)


def summary_table(chosen, ours, methods, answers, times, compiler):
    """A column a method, the compiler's first."""
    columns = []
    for method in methods:
        pairs = list(zip(answers[method.name], answers[ours.name], chosen))
        errors = [abs(a.bytes / s.live_peak - 1) for a, _, s in pairs]
        short = [1 - a.bytes / s.live_peak for a, _, s in pairs if a.bytes < s.live_peak]
        totals = [abs((a.total or a.bytes) / s.total - 1) for a, _, s in pairs if s.total]
        verdicts = [(a.fits(), "fits" if s.fits else "does-not-fit") for a, _, s in pairs if s.fits is not None]
        asked = [(abs(a.bytes / s.live_peak - 1), abs(o.bytes / s.live_peak - 1)) for a, o, s in pairs if not a.otherwise]
        theirs, own = zip(*asked)
        beside = [share(statistics.median(own)), share(max(own)), sum(a < b for a, b in asked)] if method is not ours else [""] * 3
        columns.append([
            len(pairs), len(asked), share(statistics.median(errors)), share(ninth(errors)), share(max(errors)), len(short),
            sum(s > 0.01 for s in short), share(max(short)) if short else "–", share(statistics.median(totals)),
            sum(a == b for a, b in verdicts), sum(a == "uncertain" for a, _ in verdicts),
            sum(a == "fits" != b for a, b in verdicts), sum(a == "does-not-fit" != b for a, b in verdicts),
            share(statistics.median(theirs)), share(max(theirs)), *beside, *times[method.name]])
    names = SUMMARY.format(totals=sum(s.total is not None for s in chosen), ours=ours.name).splitlines()
    truth = [len(chosen), len(chosen), *["–"] * (len(names) - 4), "–", compiler]
    return table(["", "the compiler:", *(f"{method.name}:" for method in methods)], zip(names, truth, *columns))


SUMMARY = """steps answered
as asked
error of the live peak: median
… nine in ten
… largest
too low: steps
… by over 1 %
… by at most
error of the total, {totals} steps: median
fits: right
… uncertain
… wrong, says *fits*
… wrong, says *does not fit*
steps as asked: median error
… largest
{ours} on the same steps: median
… largest
steps where it is nearer than {ours}
time an answer, in a running process
… from launch to exit"""


def time_table(chosen, ours, calculon, answers):
    rows, errors = [], {}
    for number, step in enumerate(chosen, 1):
        if step.seconds is None:
            continue
        cells = []
        for method in (ours, *([calculon] if calculon else [])):
            answer = answers[method.name][number - 1]
            for mode, seconds in answer.seconds.items():
                errors.setdefault((method.name, mode), []).append(seconds / step.seconds)
                cells.append(f"{duration(seconds)} ({percent(seconds / step.seconds)})")
        rows.append([number, duration(step.seconds), *cells])
    rows.append(["median of \\|error\\|", "", *(share(statistics.median(abs(e - 1) for e in found)) for found in errors.values())])
    return table(["", "compiler:", *(f"{name}{', ' + mode if mode else ''}:" for name, mode in errors)], rows)


def processor():
    """The model's name with its family, which tells apart what one name covers."""
    found = {}
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            key, _, value = line.partition(":")
            found.setdefault(key.strip(), value.strip())
    return f"{found.get('model name', platform.machine())} (family {found.get('cpu family', '?')}, model {found.get('model', '?')})"


def commit(folder):
    return subprocess.run(["git", "-C", folder, "log", "-1", "--format=%h of %cs"], capture_output=True, text=True,
                          check=True).stdout.strip()


def report(options, load, chosen, pools, methods, answers, times, cold):
    ours, naive, written, fused, *clones = methods
    calculon = next((method for method in clones if method.name == Calculon.name), None)
    import torch
    recorded = Times([step.answered_in for step in chosen if step.answered_in is not None], repeated=False)
    in_full = Times([step.answered_in for step in chosen if step.seconds is not None], repeated=False)
    decided = [number for number, step in enumerate(chosen) if step.fits is not None]
    unsure = [str(number + 1) for number, a in enumerate(answers[ours.name]) if number not in decided and a.fits() == "uncertain"]
    not_counted = f" (of step {', '.join(unsure)}, where it is not, shapefinder says *uncertain*)" if unsure else ""
    used = "".join(f" --{name} {name}" for name in ("calculon", "mbridge") if getattr(options, name))
    return f"""# The field

Written by `Validation/field.py` on {date.today()}; not by `shapefinder report`, because it needs PyTorch. Nothing in it was tuned.

    Validation/fieldenv/bin/python Validation/field.py{used} --output reports/field.md

{len(chosen)} training steps, and the public ways to learn without the device how much memory one takes. The truth is the device's own
compiler, libtpu 0.0.17.1 for a core of a TPUv3. Its live peak is parameters, optimizer state and live temporaries before
it rematerializes anything: what the other methods answer, for they know of no such pass. Images and labels are not in it.

The steps: ViT-g/14 and ViT-G/14 as the paper trained them, {IN_FULL} of the {pools[0]} other steps compiled in full and {FOR_MEMORY} of the
{pools[1]} compiled for their memory. Each list holds all rows of `Validation/evidence` labelled *shared* or *held-out* that have a live
peak, to which nothing in the estimate was fitted, sorted by live peak; the middles of equal parts are taken. No step was chosen by hand.

| method | what was asked |
|---|---|
| {ours.name} | {ours.version}: `check`, its live peak |
| {naive.name} | 16 bytes a weight (parameter, gradient, Adam's two moments) and s b h (34 + 5 a s / h) a block: Korthikanti et al., arXiv 2205.05198, section 4.1, equation 1; weights counted exactly |
| {written.name} | PyTorch {torch.__version__}, `torch.distributed._tools.mem_tracker` under `FakeTensorMode`: the second eager step of the same model under bfloat16 autocast, attention's logits written, as the compiled step has them. PyTorch has no half-precision moments and no Adafactor that runs on fake tensors; both are written out for it |
| {fused.name} | the same with `scaled_dot_product_attention`, which keeps no logits |
""" + "".join(f"""| {method.name} | {method.asked} |
""" for method in clones) + f"""
## Memory

GiB, with the error against the compiler's live peak. \\* the method cannot say this step's optimizer, precision, MLP or recomputation, and
answered for its own: Adam, 16 bits, a hidden layer of four times the width, nothing recomputed.
A step is width x depth x MLP-width, heads and patch, image side, images a core (b) and classes (C).

{main_table(chosen, methods, answers)}
Where the rows come from, in order: {"; ".join(f"`{step.source}`" for step in chosen)}.

## In short

*As asked*: without a star above. *Too low*: given that much memory, the step would not run without recomputation. *Total*: the compiler's own
statistics after its rematerialization, which count the packer's gaps twice; shapefinder answers it separately, the others have one figure.
*Fits*: the verdict on {LIMIT / GIB:.2f} GiB, of the {len(decided)} steps whose verdict is known{not_counted}. The
others have no verdict: theirs is whether the figure is within the limit, for they know of no rematerialization.

{summary_table(chosen, ours, methods, answers, times, str(recorded))}
The compiler's times are as recorded with the evidence, on machines that it does not name; in full, with cycles, {in_full}. All
others are of one machine: {processor()}, {os.cpu_count()} processors, Python {platform.python_version()}, load {load[0]:.1f} at the
start and {os.getloadavg()[0]:.1f} at the end (above 1, other work ran too). From launch to exit is `check ViT-G/14` and, for the others, this script's `--one` with the same
step, imports included; `true`, in turns with `check`, takes {cold}. In a running process is for shapefinder a configuration of a stream of
20,000 different ones, with reading and writing JSON, and for the others the median of the {len(chosen)} steps with their least and most.

## Time of a step

The compiler's sum of cycles over {CLOCK / 1e6:.0f} MHz, where it compiled in full; it counts none for all-reduces, so all are asked for one core alone.

{time_table(chosen, ours, calculon, answers)}
## What each cannot express

| method | |
|---|---|
| the compiler | cycles of scanned layers and of all-reduces; why; a grid of shapes in less than days |
""" + "".join(f"""| {method.name} | {method.lacks} |
""" for method in methods if method is not fused) + """
This is shapefinder's home ground: it was made for this compiler, this device and these models, and the others were not. MemTracker
tracks eager PyTorch, and its error here is the distance from that to XLA's program, not a fault of its own; it follows any model that can be
written. Calculon and mbridge are made for large language models on many GPUs, with tensor and pipeline parallelism and offloading, of
which nothing is asked here. None of the four says that it is not sure.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapefinder", default=os.path.join(ROOT, ".build", "release", "shapefinder"), help="the program")
    parser.add_argument("--calculon", metavar="DIR", help="a clone: git clone https://github.com/calculon-ai/calculon")
    parser.add_argument("--mbridge", metavar="DIR", help="a clone: git clone https://github.com/ISEEKYAN/mbridge")
    parser.add_argument("--output", metavar="FILE", help="where the report goes; else standard output")
    parser.add_argument("--one", nargs=2, metavar=("METHOD", "CONFIGURATION"), help="one answer: naive, memtracker, ...")
    options = parser.parse_args()
    makers = {"naive": Naive, "memtracker": lambda: MemTracker(fused=False), "memtracker-fused": lambda: MemTracker(fused=True)}
    if options.calculon:
        makers["calculon"] = lambda: Calculon(options.calculon)
    if options.mbridge:
        makers["mbridge"] = lambda: MBridge(options.mbridge)
    if options.one:
        name, configuration = options.one
        if name not in makers:
            parser.error(f"--one: {name}: must be one of {', '.join(makers)}; calculon and mbridge need their clone")
        print(json.dumps(vars(makers[name]().ask(contract.read(json.loads(configuration))))))
        return

    load = os.getloadavg()
    chosen, *pools = steps()
    configurations = [step.configuration for step in chosen]
    ours = Ours(options.shapefinder)
    answers = {ours.name: list(ours.ask_all(configurations))}
    asked = {"shape": "ViT-G/14", "batch": 8}
    own, nothing = launched([ours.command(asked["shape"]), ["true"]], 31)
    methods, times = [ours], {ours.name: (ours.stream_seconds(configurations), own)}
    clones = [word for name in ("calculon", "mbridge") if getattr(options, name) for word in (f"--{name}", getattr(options, name))]
    for name, maker in makers.items():
        method = maker()
        method.ask(configurations[0])  # imports and first-time work
        found, taken = [], []
        for step in chosen:
            start = time.perf_counter()
            found.append(method.ask(step.configuration))
            taken.append(time.perf_counter() - start)
            print(f"{method.name}: {step.label}: {gib(found[-1].bytes)} GiB, {duration(taken[-1])}", file=sys.stderr)
        methods.append(method)
        answers[method.name] = found
        cold, = launched([[sys.executable, os.path.abspath(__file__), "--one", name, json.dumps(asked), *clones]],
                         3 if name.startswith("memtracker") else 9)
        times[method.name] = Times(taken, repeated=False), cold
    text = report(options, load, chosen, pools, methods, answers, times, nothing)
    if options.output:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
