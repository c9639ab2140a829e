"""Prints golden values of training steps, from JAX, Flax and Optax on a CPU: losses, gradients, parameters, moments.

    Validation/venv/bin/python Validation/golden_step.py > Tests/MeasurementTests/Golden/steps.ndjson

Runs three steps of small Vision Transformers on the same synthetic data as Swift (`SyntheticData`). The first line
gives the provenance; each further line is one configuration. A tensor is given by its L2 norm and by its row-major
elements i * (n - 1) // 3 for i = 0...3. Gradients are those of the first step, after clipping; parameters and moments
are those after the third step.
"""

import json
import platform

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax

import synthetic
import training_step

STEPS, SEED = 3, 0


def configurations():
    """Every head and optimizer; a patch that does not divide the image; attention kernels that Adafactor factors."""
    usual = {
        "shape": {"width": 64, "depth": 2, "mlpWidth": 96, "heads": 2, "patch": 8}, "batch": 2, "imageSize": 36,
        "classes": 10, "precision": "float32", "gradientClipping": "none", "rematerialization": "none",
        "layers": "unrolled", "dataParallel": 1}
    yield {**usual, "head": "token", "optimizer": "adam"}
    yield {**usual, "head": "token", "optimizer": "adafactor"}
    yield {**usual, "head": "gap", "optimizer": "sgd"}
    yield {**usual, "head": "gap", "optimizer": "adam-half", "gradientClipping": "global-norm"}
    yield {**usual, "head": "map", "optimizer": "adam", "gradientClipping": "global-norm"}
    yield {**usual, "head": "map", "optimizer": "adafactor", "rematerialization": "full"}
    odd = {"width": 40, "depth": 1, "mlpWidth": 72, "heads": 5, "patch": 5}
    yield {**usual, "shape": odd, "batch": 3, "classes": 7, "head": "map", "optimizer": "adam-half"}
    yield {**usual, "shape": odd, "batch": 1, "classes": 33, "head": "gap", "optimizer": "adafactor"}
    yield {**usual, "head": "token", "optimizer": "sgd-momentum", "gradientClipping": "global-norm"}


def flax_path(name, configuration):
    """The path in Flax's tree of the parameter that Shapefinder's program calls `name`."""
    place, leaf = name.split("/")[:-1], name.split("/")[-1]
    within = {
        "norm1": ["LayerNorm_0"], "norm2": ["LayerNorm_1"], "attention": ["MultiHeadDotProductAttention_0"],
        "up": ["Dense_0"], "down": ["Dense_1"], "mlp": ["Mlp_0"]}
    if name in ("cls", "pos_embedding", "map/probe"):
        return [{"pos_embedding": "pos"}.get(leaf, leaf)]
    prefix = "CheckpointBlock" if configuration["rematerialization"] == "full" else "Block"
    top = {"embedding": ["Conv_0"], "norm": ["LayerNorm_0"], "classifier": ["Dense_0"], "map": []}
    first, *rest = place
    path = list(top[first]) if first in top else [f"{prefix}_{first.removeprefix('block')}"]
    for part in rest:
        # The attention head's own norm follows that of the encoder.
        path += ["LayerNorm_1"] if part == "norm" else within.get(part, [part])
    return path + [leaf]


def at(tree, path):
    """The leaf of a nested dictionary."""
    for key in path:
        tree = tree[key]
    return tree


def moments(state, path):
    """Optimizer state of one parameter, in the order of Shapefinder's program."""
    found = []
    for part in jax.tree.leaves(state, is_leaf=lambda x: isinstance(x, tuple) and hasattr(x, "_fields")):
        if isinstance(part, optax.ScaleByAdamState):
            return [at(part.mu["params"], path), at(part.nu["params"], path)]
        if isinstance(part, optax.TraceState):
            return [at(part.trace["params"], path)]
        if isinstance(part, optax.EmaState):
            found.insert(0, at(part.ema["params"], path))
        if isinstance(part, optax.FactoredState):
            whole = at(part.v["params"], path)
            rows = [at(part.v_row["params"], path), at(part.v_col["params"], path)]
            found += rows if rows[0].size > 1 else [whole]
    return found


def norm(tensor):
    return float(np.linalg.norm(np.asarray(tensor, np.float64)))


def summary(tensor):
    flat = np.asarray(tensor, np.float64).ravel()
    return {"norm": norm(flat), "elements": [float(flat[i * (flat.size - 1) // 3]) for i in range(4)]}


def golden(configuration):
    """The golden line of one configuration."""
    model, transformation = training_step.ViT(configuration), training_step.optimizer(configuration)
    side = configuration["imageSize"]
    shapes = jax.eval_shape(lambda: model.init(jax.random.key(0), jnp.zeros((1, side, side, 3))))
    paths, parameters = [], {}
    for name, value in synthetic.parameters(configuration, SEED):
        path = flax_path(name, configuration)
        paths.append((name, path))
        branch = parameters
        for key in path[:-1]:
            branch = branch.setdefault(key, {})
        branch[path[-1]] = jnp.asarray(value)
    parameters = {"params": parameters}
    assert jax.tree.map(jnp.shape, parameters) == jax.tree.map(jnp.shape, shapes)
    images, labels = synthetic.images(configuration, SEED), synthetic.labels(configuration, SEED)

    @jax.jit
    def step(parameters, state):
        def loss(parameters):
            logits = model.apply(parameters, images).astype(jnp.float32)
            return optax.sigmoid_binary_cross_entropy(logits, labels).sum(-1).mean()

        value, gradients = jax.value_and_grad(loss)(parameters)
        if configuration["gradientClipping"] == "global-norm":
            clipping = optax.clip_by_global_norm(1.0)
            used, _ = clipping.update(gradients, clipping.init(parameters))
        else:
            used = gradients
        updates, state = transformation.update(gradients, state, parameters)
        parameters = jax.tree.map(
            lambda p, u: p - (1e-3 * u + 1e-4 * p).astype(p.dtype), parameters, updates)
        return parameters, state, value, used

    state, losses, first = transformation.init(parameters), [], None
    for _ in range(STEPS):
        parameters, state, value, used = step(parameters, state)
        losses.append(float(value))
        first = first or used
    return {
        "configuration": configuration, "seed": SEED, "losses": losses,
        "parameters": [
            {
                "name": name, "gradient": summary(at(first["params"], path)),
                "after": summary(at(parameters["params"], path)),
                "momentNorms": [norm(m) for m in moments(state, path)],
            } for name, path in paths]}


def rounded(value):
    """Rounds to 9 significant digits, enough for float32."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    versions = {"jax": jax.__version__, "flax": flax.__version__, "optax": optax.__version__, "numpy": np.__version__}
    print(json.dumps({"provenance": {
        "script": "Validation/golden_step.py", "python": platform.python_version(), **versions, "platform": "cpu",
        "precision": "float32", "steps": STEPS}}))
    for configuration in configurations():
        print(json.dumps(rounded(golden(configuration))), flush=True)
