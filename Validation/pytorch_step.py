"""Runs the training step in PyTorch on the CPU, in float32, as a PyTorch user writes it for speed.

    python Validation/pytorch_step.py '{"device": "cpu", "shape": "ViT-S/16", "precision": "float32", "head": "token",
        "classes": 1000, "optimizer": "adam"}' --mode compile --threads 2 --steps 7
    python Validation/pytorch_step.py CONFIGURATION --mode eager --serve       (one line of stdin, one step)
    python Validation/pytorch_step.py --check Tests/MeasurementTests/Golden/steps.ndjson

One Linear for queries, keys and values, scaled_dot_product_attention, fused AdamW. The update is exactly the project's:
p <- p - (1e-3 u + 1e-4 p) is AdamW with rate 1e-3 and weight decay 0.1; it costs one more multiplication than Adam,
inside the same fused kernel. README.md, "PyTorch", explains the keys of the answers.
"""

import argparse
import ctypes
import gc
import json
import os
import platform
import resource
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

import contract


class Mlp(nn.Module):
    """(B, T, D) -> (B, T, D)."""

    def __init__(self, width, hidden):
        super().__init__()
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.down(F.gelu(self.up(x), approximate="tanh"))


class Attention(nn.Module):
    """(B, T, D) -> (B, T, D)."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))


class Block(nn.Module):
    """One pre-norm encoder block, (B, T, D) -> (B, T, D)."""

    def __init__(self, width, hidden, heads):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width, eps=1e-6), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), Mlp(width, hidden)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class MAP(nn.Module):
    """(B, T, D) -> (B, D): one learned query attends to all tokens, then an MLP."""

    def __init__(self, width, hidden, heads):
        super().__init__()
        self.heads = heads
        self.probe = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.query, self.kv, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.norm, self.mlp = nn.LayerNorm(width, eps=1e-6), Mlp(width, hidden)

    def forward(self, x):
        batch, tokens, width = x.shape
        split = (self.heads, width // self.heads)
        q = self.query(self.probe).view(1, 1, *split).transpose(1, 2).expand(batch, -1, -1, -1)
        k, v = self.kv(x).view(batch, tokens, 2, *split).permute(2, 0, 3, 1, 4)
        x = self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, 1, width))
        return (x + self.mlp(self.norm(x)))[:, 0]


class ViT(nn.Module):
    """Images (B, 3, R, R) to class logits (B, C). Source: arXiv 2106.04560, section 3.2."""

    def __init__(self, configuration):
        super().__init__()
        shape, self.head = configuration["shape"], configuration["head"]
        width, hidden, heads, patch = shape["width"], shape["mlpWidth"], shape["heads"], shape["patch"]
        tokens = (configuration["imageSize"] // patch) ** 2 + (self.head == "token")
        self.embedding = nn.Conv2d(3, width, patch, stride=patch)
        if self.head == "token":
            self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.02 * torch.randn(1, tokens, width))
        self.blocks = nn.Sequential(*(Block(width, hidden, heads) for _ in range(shape["depth"])))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        if self.head == "map":
            self.map = MAP(width, hidden, heads)
        self.classifier = nn.Linear(width, configuration["classes"])

    def forward(self, images):
        x = self.embedding(images).flatten(2).transpose(1, 2)
        if self.head == "token":
            x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1)
        x = self.blocks(x + self.positions)
        if self.head == "token":
            x = self.norm(x[:, 0])  # the other tokens need no norm
        elif self.head == "gap":
            x = self.norm(x).mean(1)
        else:
            x = self.map(self.norm(x))
        return self.classifier(x)


def loss_of(model, images, labels):
    """Sigmoid cross-entropy, summed over classes, averaged over images."""
    return F.binary_cross_entropy_with_logits(model(images), labels, reduction="sum") / images.shape[0]


class Step:
    """A model, its optimizer and one batch; run() is one training step."""

    def __init__(self, configuration, mode):
        self.model = ViT(configuration)
        batch, side, classes = (configuration[key] for key in ("batch", "imageSize", "classes"))
        self.images = torch.rand(batch, 3, side, side) * 2 - 1
        self.labels = F.one_hot(torch.randint(classes, (batch,)), classes).float()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0.1, fused=True)
        self.loss = torch.compile(loss_of, dynamic=False) if mode == "compile" else loss_of

    def run(self):
        """Runs one step: total seconds and by phase, the loss before the update, involuntary context switches."""
        switches, start = usage().ru_nivcsw, time.perf_counter()
        loss = self.loss(self.model, self.images, self.labels)
        forward = time.perf_counter()
        loss.backward()
        backward = time.perf_counter()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        end = time.perf_counter()
        return {"seconds": end - start, "forward": forward - start, "backward": backward - forward,
                "update": end - backward, "loss": loss.item(), "involuntarySwitches": usage().ru_nivcsw - switches}

    def counted(self):
        """Bytes of parameters, gradients and optimizer state, by count."""
        parameters = sum(p.numel() * p.element_size() for p in self.model.parameters())
        state = sum(value.numel() * value.element_size()
                    for slots in self.optimizer.state.values() for value in slots.values())
        return {"parameterBytes": parameters, "gradientBytes": parameters, "optimizerBytes": state}


def usage():
    return resource.getrusage(resource.RUSAGE_SELF)


class ResidentMemory:
    """The current and the peak resident set of this process; the peak can be reset."""

    def status(self, key):
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(key + ":"))

    def settled(self):
        """Resident bytes after a garbage collection and after the C library has returned free memory."""
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        return self.status("VmRSS")

    def peak(self):
        return self.status("VmHWM")

    def forget_peak(self):
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")


class Measured:
    """A step whose memory is compared with two baselines.

    The first is the process after a tiny step of the same kind, also compiled in mode compile: libraries, thread pools, the
    compiler. The second is this process between two steps, which includes parameters, optimizer state and everything that
    compiling this model left behind, so memory beyond it is only what a step allocates.
    """

    def __init__(self, configuration, mode, threads, warmup):
        torch.set_num_threads(threads)
        self.memory = ResidentMemory()
        tiny = {**configuration, "batch": 2, "imageSize": 32, "classes": 10,
                "shape": {"width": 32, "depth": 1, "mlpWidth": 64, "heads": 2, "patch": 16}}
        step = Step(tiny, mode)
        for _ in range(3):
            step.run()
        del step
        self.baseline = self.memory.settled()
        self.memory.forget_peak()
        self.step = Step(configuration, mode)
        start = time.perf_counter()
        for _ in range(warmup):
            self.step.run()
        self.warmup_seconds = time.perf_counter() - start
        self.peak_with_warmup = self.memory.peak()
        self.between = self.memory.settled()
        self.memory.forget_peak()

    def weighed(self):
        """The memory of the steps since the warm-up."""
        counted, peak = self.step.counted(), self.memory.peak()
        held = counted["parameterBytes"] + counted["optimizerBytes"]
        return {
            "peakBytes": peak, "peakWithWarmupBytes": max(peak, self.peak_with_warmup), "baselineBytes": self.baseline,
            "betweenStepsBytes": self.between, **counted,
            "beyondBytes": peak - self.baseline - held - counted["gradientBytes"],
            "beyondStepBytes": peak - self.between - counted["gradientBytes"],
        }


def versions():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")
    names = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "LD_PRELOAD", "GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_",
             "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "THP_MEM_ALLOC_ENABLE")
    return {"torch": torch.__version__, "python": platform.python_version(), "cpu": model,
            "capability": torch.backends.cpu.get_cpu_capability(), "threads": torch.get_num_threads(),
            "environment": {name: os.environ[name] for name in names if name in os.environ}}


def written(line):
    print(json.dumps(line), flush=True)


def serve(measured):
    """Handles the lines `step`, `memory` and `quit` of standard input."""
    measured.step.run()
    written({"ready": True, "warmupSeconds": measured.warmup_seconds, **versions(), **measured.weighed()})
    for line in sys.stdin:
        request = line.strip()
        if request == "step":
            written(measured.step.run())
        elif request == "memory":
            written(measured.weighed())
        elif request == "quit":
            break
        elif request:
            written({"error": f"{request!r}: must be step, memory or quit"})


def benchmark(measured, configuration, mode, steps):
    """Prints one line: times of `steps` steps, and memory."""
    runs = [measured.step.run() for _ in range(steps)]

    def spread(key):
        values = [run[key] for run in runs]
        return {"median": statistics.median(values), "minimum": min(values), "maximum": max(values), "n": len(values)}

    written({"configuration": configuration, "mode": mode, **versions(), "warmupSeconds": measured.warmup_seconds,
             **{key: spread(key) for key in ("seconds", "forward", "backward", "update")},
             "steps": runs, **measured.weighed()})


def load(model, tensors):
    """Copies parameters with the Swift program's names and layouts (synthetic.py) into `model`."""
    t = {name: torch.from_numpy(value) for name, value in tensors}

    def dense(layer, *names):  # kernels (in, ...) side by side
        layer.weight.copy_(torch.cat([t[f"{name}/kernel"].reshape(layer.in_features, -1) for name in names], 1).T)
        layer.bias.copy_(torch.cat([t[f"{name}/bias"].reshape(-1) for name in names]))

    def norm(layer, name):
        layer.weight.copy_(t[f"{name}/scale"])
        layer.bias.copy_(t[f"{name}/bias"])

    def mlp(layer, name):
        dense(layer.up, f"{name}/up")
        dense(layer.down, f"{name}/down")

    with torch.no_grad():
        model.embedding.weight.copy_(t["embedding/kernel"].permute(3, 2, 0, 1))
        model.embedding.bias.copy_(t["embedding/bias"])
        model.positions.copy_(t["pos_embedding"])
        for index, block in enumerate(model.blocks):
            name = f"block{index}"
            norm(block.norm1, f"{name}/norm1")
            dense(block.attention.qkv, *(f"{name}/attention/{part}" for part in ("query", "key", "value")))
            dense(block.attention.out, f"{name}/attention/out")
            norm(block.norm2, f"{name}/norm2")
            mlp(block.mlp, f"{name}/mlp")
        norm(model.norm, "norm")
        if model.head == "token":
            model.cls.copy_(t["cls"])
        if model.head == "map":
            model.map.probe.copy_(t["map/probe"])
            dense(model.map.query, "map/attention/query")
            dense(model.map.kv, "map/attention/key", "map/attention/value")
            dense(model.map.out, "map/attention/out")
            norm(model.map.norm, "map/norm")
            mlp(model.map.mlp, "map/mlp")
        dense(model.classifier, "classifier")


def check(path):
    """Compares losses with the golden ones: all three for Adam, the first for other optimizers. Returns an exit code."""
    import synthetic
    wrong = 0
    with open(path) as file:
        lines = [line for line in map(json.loads, file) if "configuration" in line]
    for line in lines:
        configuration = contract.read_cpu({"device": "cpu", **line["configuration"]})
        step = Step(configuration, "eager")
        load(step.model, synthetic.parameters(configuration, line["seed"]))
        step.images = torch.from_numpy(synthetic.images(configuration, line["seed"])).permute(0, 3, 1, 2).contiguous()
        step.labels = torch.from_numpy(synthetic.labels(configuration, line["seed"]))
        comparable = configuration["optimizer"] == "adam" and configuration["gradientClipping"] == "none"
        golden = line["losses"][:3 if comparable else 1]
        losses = [step.run()["loss"] for _ in golden]
        worst = max(abs(loss / expected - 1) for loss, expected in zip(losses, golden))
        wrong += worst > 2e-5
        written({"head": configuration["head"], "optimizer": configuration["optimizer"], "losses": losses,
                 "golden": golden, "worst": worst, "agrees": worst <= 2e-5})
    return 1 if wrong or not lines else 0


def main():
    parser = argparse.ArgumentParser(description="One training step in PyTorch on the CPU, timed and weighed.")
    parser.add_argument("configuration", nargs="?", help="a configuration of the JSON contract, device cpu, float32, adam")
    parser.add_argument("--mode", choices=("eager", "compile"), default="eager")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help="run a step for each line `step` on standard input")
    parser.add_argument("--check", metavar="GOLDEN", help="compare losses with golden steps and stop")
    arguments = parser.parse_args()
    if arguments.check:
        sys.exit(check(arguments.check))
    try:
        configuration = contract.read_cpu(json.loads(arguments.configuration or "null"))
        if (configuration["precision"], configuration["optimizer"]) != ("float32", "adam"):
            raise contract.ContractError("precision, optimizer: only float32 and adam are written here")
        if configuration["gradientClipping"] != "none" or configuration["rematerialization"] == "full":
            raise contract.ContractError("gradientClipping, rematerialization: neither is written here")
    except ValueError as error:
        print(error, file=sys.stderr)
        sys.exit(65)
    measured = Measured(configuration, arguments.mode, arguments.threads, max(1, arguments.warmup))
    if arguments.serve:
        serve(measured)
    else:
        benchmark(measured, configuration, arguments.mode, arguments.steps)


if __name__ == "__main__":
    main()
