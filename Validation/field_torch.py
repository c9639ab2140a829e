"""PyTorch's MemTracker over the step of pytorch_step.py, for field.py: fake tensors, so that nothing is allocated or computed."""

import contextlib

import torch
import torch.nn.functional as F
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.mem_tracker import MemTracker
from torch.utils.checkpoint import checkpoint

import pytorch_step


class WrittenAttention(pytorch_step.Attention):
    """Attention whose logits are written, as the compiled step has it."""

    def forward(self, x):
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        weights = F.softmax(q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5, -1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, tokens, width))


class Recomputed(nn.Module):
    """A block that keeps only its input."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x):
        return checkpoint(self.block, x, use_reentrant=False)


class PapersAdafactor(torch.optim.Optimizer):
    """The paper's Adafactor: a factored second moment and a first one in bfloat16. Source: arXiv 2106.04560, section 3.4.

    PyTorch's own has no first moment, and reads a value off a tensor, which a fake one does not have.
    """

    def __init__(self, parameters):
        super().__init__(parameters, {})

    @torch.no_grad()
    def step(self):
        for p in (p for group in self.param_groups for p in group["params"]):
            state = self.state[p]
            axes = p.dim() > 1 and min(p.shape[-2:]) >= 32
            if not state:
                state["mean"] = torch.zeros_like(p, dtype=torch.bfloat16)
                state["rows"] = torch.zeros_like(p.mean(-1) if axes else p)
                if axes:
                    state["columns"] = torch.zeros_like(p.mean(-2))
            squares = p.grad.square() + 1e-30
            if axes:
                rows, columns = state["rows"].lerp_(squares.mean(-1), 0.2), state["columns"].lerp_(squares.mean(-2), 0.2)
                scale = (rows / rows.mean(-1, keepdim=True)).rsqrt().unsqueeze(-1) * columns.rsqrt().unsqueeze(-2)
            else:
                scale = state["rows"].lerp_(squares, 0.2).rsqrt()
            del squares
            mean = state["mean"].mul_(0.9).add_(p.grad.mul_(scale).to(torch.bfloat16), alpha=0.1)
            p.sub_(mean, alpha=1e-3)


class HalfAdam(torch.optim.Optimizer):
    """Adam with its first moment in bfloat16, which PyTorch does not have."""

    def __init__(self, parameters):
        super().__init__(parameters, {})

    @torch.no_grad()
    def step(self):
        for p in (p for group in self.param_groups for p in group["params"]):
            state = self.state[p]
            if not state:
                state["mean"], state["square"] = torch.zeros_like(p, dtype=torch.bfloat16), torch.zeros_like(p)
            mean = state["mean"].mul_(0.9).add_(p.grad.to(torch.bfloat16), alpha=0.1)
            square = state["square"].lerp_(p.grad.square(), 0.001)
            p.sub_(mean / square.sqrt().add_(1e-8), alpha=1e-3)


def optimizer_of(configuration, parameters):
    match configuration["optimizer"]:
        case "sgd":
            return torch.optim.SGD(parameters, lr=1e-3, foreach=False)
        case "sgd-momentum":
            return torch.optim.SGD(parameters, lr=1e-3, momentum=0.9, foreach=False)
        case "adafactor":
            return PapersAdafactor(parameters)
        case "adam-half":
            return HalfAdam(parameters)
        case _:
            return torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.1, fused=True)


def tracked_bytes(configuration, fused):
    """The peak of the second step, the first with all of the optimizer's state, without images and labels.

    `fused`: attention by scaled_dot_product_attention, which keeps no logits. On the device `cpu`: a PyTorch without CUDA makes
    no fake tensors of a GPU, whose allocator would only round each up to 512 bytes.
    """
    batch, side, classes = (configuration[key] for key in ("batch", "imageSize", "classes"))
    with FakeTensorMode():
        model = pytorch_step.ViT(configuration)
        for index, block in enumerate(model.blocks):
            if not fused:
                block.attention.__class__ = WrittenAttention
            if configuration["rematerialization"] == "full":
                model.blocks[index] = Recomputed(block)
        images, labels = torch.rand(batch, 3, side, side), torch.rand(batch, classes)
        optimizer = optimizer_of(configuration, model.parameters())
        low = configuration["precision"] == "bfloat16"
        tracker = MemTracker()
        tracker.track_external(model, optimizer)
        for first in (True, False):
            with tracker:
                with torch.autocast("cpu", torch.bfloat16) if low else contextlib.nullcontext():
                    logits = model(images)
                loss = F.binary_cross_entropy_with_logits(logits.float(), labels, reduction="sum") / batch
                loss.backward()
                if configuration["gradientClipping"] != "none":
                    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=False)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                del logits, loss
            if first:
                tracker.reset_mod_stats()
        return sum(snapshot["Total"] for snapshot in tracker.get_tracker_snapshot("peak").values())
