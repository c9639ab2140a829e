"""Compiles one ViT training step in JAX/Flax/Optax with the real XLA:TPU compiler, without a TPU.

A child process of oracle.py: reads a full configuration (contract.py) as JSON from its command line and writes
one JSON object as the last line of standard output. The compiler's own log goes to standard error.
"""

import gzip
import json
import os
import re
import sys
import time

os.environ["JAX_PLATFORMS"] = "cpu"  # only the compiler is needed, no device

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.experimental import topologies
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import contract

# The names of modules and parameters determine the order of the program's arguments, which breaks ties in the compiler's
# schedule: renaming one can change the last digits of the bundled evidence.


class Mlp(nn.Module):
    """(B, T, D) -> (B, T, D) through a hidden layer of `mlpWidth` with GELU (tanh approximation, Flax's default)."""

    mlpWidth: int
    dtype: object

    @nn.compact
    def __call__(self, x):
        hidden = nn.gelu(nn.Dense(self.mlpWidth, dtype=self.dtype)(x))
        return nn.Dense(x.shape[-1], dtype=self.dtype)(hidden)


class Block(nn.Module):
    """One pre-norm encoder block, (B, T, D) -> (B, T, D); has a second value so that it can be scanned."""

    mlpWidth: int
    heads: int
    dtype: object

    @nn.compact
    def __call__(self, x, _):
        normed = nn.LayerNorm(dtype=self.dtype)(x)
        x = x + nn.MultiHeadDotProductAttention(self.heads, dtype=self.dtype, deterministic=True)(normed, normed)
        return x + Mlp(self.mlpWidth, self.dtype)(nn.LayerNorm(dtype=self.dtype)(x)), None


class ViT(nn.Module):
    """Images (B, R, R, 3) to class logits (B, C). Source: arXiv 2106.04560, section 3.2."""

    configuration: object

    @nn.compact
    def __call__(self, images):
        c = self.configuration
        shape, head = c["shape"], c["head"]
        width, mlp, heads, patch = shape["width"], shape["mlpWidth"], shape["heads"], (shape["patch"],) * 2
        dtype = jnp.dtype(c["precision"])

        def parameter(name, init, *dims):
            return self.param(name, init, dims).astype(dtype)

        x = nn.Conv(width, patch, strides=patch, padding="VALID", dtype=dtype)(images)
        x = x.reshape(x.shape[0], -1, width)
        if head == "token":
            token = parameter("cls", nn.initializers.zeros, 1, 1, width)
            x = jnp.concatenate([jnp.tile(token, [x.shape[0], 1, 1]), x], axis=1)
        x = x + parameter("pos", nn.initializers.normal(0.02), 1, x.shape[1], width)

        scanned = c["layers"] == "scanned"
        block = nn.remat(Block, prevent_cse=not scanned) if c["rematerialization"] == "full" else Block
        if scanned:
            stack = nn.scan(block, variable_axes={"params": 0}, split_rngs={"params": True}, length=shape["depth"])
            x, _ = stack(mlp, heads, dtype)(x, None)
        else:
            for _ in range(shape["depth"]):
                x, _ = block(mlp, heads, dtype)(x, None)
        x = nn.LayerNorm(dtype=dtype)(x)

        if head == "token":
            x = x[:, 0]
        elif head == "gap":
            x = x.mean(axis=1)
        else:
            probe = jnp.tile(parameter("probe", nn.initializers.normal(0.02), 1, 1, width), [x.shape[0], 1, 1])
            x = nn.MultiHeadDotProductAttention(heads, dtype=dtype, deterministic=True)(probe, x)
            x = (x + Mlp(mlp, dtype)(nn.LayerNorm(dtype=dtype)(x)))[:, 0]
        return nn.Dense(c["classes"], dtype=dtype)(x)


def optimizer(configuration):
    """The gradient transformation of the configuration. Source: arXiv 2106.04560, section 3.4."""
    name = configuration["optimizer"]
    if name == "adam":
        scaled = optax.scale_by_adam()
    elif name == "adam-half":
        scaled = optax.scale_by_adam(mu_dtype=jnp.bfloat16)
    elif name == "adafactor":

        def decay(step, exponent):  # capped at 0.999
            return jnp.minimum(1.0 - (jnp.asarray(step, jnp.float32) + 1.0) ** (-exponent), 0.999)

        scaled = optax.chain(
            optax.scale_by_factored_rms(
                min_dim_size_to_factor=32, decay_rate=0.8, epsilon=1e-30, decay_rate_fn=decay),
            optax.ema(0.9, debias=False, accumulator_dtype=jnp.bfloat16))
    elif name == "sgd-momentum":
        scaled = optax.trace(decay=0.9)
    else:
        scaled = optax.identity()
    if configuration["gradientClipping"] == "global-norm":
        return optax.chain(optax.clip_by_global_norm(1.0), scaled)
    return scaled


def lowered(configuration):
    """The step, lowered for the device, and the shapes of its parameters and optimizer state."""
    devices = topologies.get_topology_desc(
        platform="tpu", topology_name=contract.topology(configuration),
        **contract.TOPOLOGY_OPTIONS.get(configuration["device"], {})).devices
    mesh = Mesh(np.array(devices), ("data",))
    replicated, sharded = NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec("data"))
    model, transformation = ViT(configuration), optimizer(configuration)
    side, images = configuration["imageSize"], configuration["batch"] * len(devices)

    def step(parameters, state, images, labels):
        def loss(parameters):
            logits = model.apply(parameters, images).astype(jnp.float32)
            return optax.sigmoid_binary_cross_entropy(logits, labels).sum(-1).mean()

        value, gradients = jax.value_and_grad(loss)(parameters)
        updates, state = transformation.update(gradients, state, parameters)
        parameters = jax.tree.map(
            lambda p, u: p - (1e-3 * u + 1e-4 * p).astype(p.dtype), parameters, updates)  # rate 1e-3, weight decay 1e-4
        return parameters, state, value

    parameters = jax.eval_shape(lambda: model.init(jax.random.key(0), jnp.zeros((1, side, side, 3))))
    state = jax.eval_shape(transformation.init, parameters)

    def placed(tree, sharding):
        return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=sharding), tree)

    jitted = jax.jit(step, donate_argnums=(0, 1), out_shardings=(replicated,) * 3)
    traced = jitted.trace(
        placed(parameters, replicated), placed(state, replicated),
        jax.ShapeDtypeStruct((images, side, side, 3), jnp.float32, sharding=sharded),
        jax.ShapeDtypeStruct((images, configuration["classes"]), jnp.float32, sharding=sharded))
    return traced.lower(lowering_platforms=("tpu",)), parameters, state


def answer(configuration, options, keep):
    """The compiler's figures for the step; see evidence/README.md for the keys."""
    program, parameters, state = lowered(configuration)
    leaves = jax.tree.leaves(parameters)
    said = {
        "parameterCount": sum(a.size for a in leaves),
        "parameterBytes": sum(a.size * a.dtype.itemsize for a in leaves),
        "optimizerBytes": sum(a.size * a.dtype.itemsize for a in jax.tree.leaves(state)),
    }
    start = time.monotonic()
    try:
        compiled = program.compile(compiler_options=options or None)
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        said.update(fits=False, **exhausted(str(error)))
    else:
        memory, text = compiled.memory_analysis(), compiled.as_text()
        if keep:
            with gzip.open(keep, "wt") as file:
                file.write(text)
        said.update(
            fits=True,
            arguments=memory.argument_size_in_bytes, outputs=memory.output_size_in_bytes,
            aliased=memory.alias_size_in_bytes, temporaries=memory.temp_size_in_bytes,
            total=memory.argument_size_in_bytes + memory.output_size_in_bytes
            - memory.alias_size_in_bytes + memory.temp_size_in_bytes,
            code=memory.generated_code_size_in_bytes,
            flops=compiled.cost_analysis().get("flops"),
            cycles=sum(map(int, re.findall(r'"estimated_cycles":"?(\d+)', text[text.index("\nENTRY"):]))))
    said["seconds"] = round(time.monotonic() - start, 1)
    return said


def exhausted(message):
    """The figures in the compiler's out-of-memory message."""
    said = {}
    if match := re.search(r"Used ([\d.]+)([KMGT]?) of ([\d.]+)([KMGT]?) hbm", message):
        said.update(total=contract.size(match[1], match[2]), limit=contract.size(match[3], match[4]))
    if match := re.search(r"^\s*arguments\s+([\d.]+)([KMGT]?)", message, re.M):
        said["arguments"] = contract.size(match[1], match[2])
    return said


if __name__ == "__main__":
    request = json.loads(sys.argv[1])
    print(json.dumps(answer(request["configuration"], request["options"], request["keep"])), flush=True)
