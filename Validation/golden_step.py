"""Golden values of whole training steps, from JAX, Flax and Optax on a CPU: losses, gradients, parameters, moments.

    Validation/venv/bin/python Validation/golden_step.py > Tests/MeasurementTests/Golden/steps.ndjson

Runs three steps of small Vision Transformers on synthetic data that Swift makes alike (`SyntheticData`). The first line
says where the values come from; each further line is one configuration. A tensor is given by its L2 norm and by the
elements i * (n - 1) // 3 for i = 0...3, row-major; gradients are those of the first step as the optimizer uses them, that
is after clipping; parameters and moments are those after the third step.
"""

import json
import platform

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax

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


def fractions(stream, count):
    """Numbers of a stream, exact float32 in [0, 1): splitmix64 of their position."""
    with np.errstate(over="ignore"):
        position = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0xD1B54A32D192ED03)
        z = np.uint64(SEED) + np.uint64(stream) * np.uint64(0x9E3779B97F4A7C15) + position
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


def parameter_paths(configuration):
    """Shapefinder's name of each parameter, in the order of its program, and the path in Flax's tree."""
    def norm(name, path):
        return [(f"{name}/{leaf}", path + [leaf]) for leaf in ("scale", "bias")]

    def dense(name, path):
        return [(f"{name}/{leaf}", path + [leaf]) for leaf in ("kernel", "bias")]

    def attention(name, path):
        layers = ("query", "key", "value", "out")
        return [p for l in layers for p in dense(f"{name}/attention/{l}", path + ["MultiHeadDotProductAttention_0", l])]

    def mlp(name, path):
        return dense(f"{name}/mlp/up", path + ["Mlp_0", "Dense_0"]) + dense(
            f"{name}/mlp/down", path + ["Mlp_0", "Dense_1"])

    paths = dense("embedding", ["Conv_0"])
    if configuration["head"] == "token":
        paths += [("cls", ["cls"])]
    paths += [("pos_embedding", ["pos"])]
    prefix = "CheckpointBlock" if configuration["rematerialization"] == "full" else "Block"
    for block in range(configuration["shape"]["depth"]):
        path = [f"{prefix}_{block}"]
        paths += norm(f"block{block}/norm1", path + ["LayerNorm_0"]) + attention(f"block{block}", path)
        paths += norm(f"block{block}/norm2", path + ["LayerNorm_1"]) + mlp(f"block{block}", path)
    paths += norm("norm", ["LayerNorm_0"])
    if configuration["head"] == "map":
        paths += [("map/probe", ["probe"])] + attention("map", [])
        paths += norm("map/norm", ["LayerNorm_1"]) + mlp("map", [])
    return paths + dense("classifier", ["Dense_0"])


def initial(name, number, shape):
    """Parameter number `number`: kernels of variance 1 / fan-in, scales around one, all else around zero."""
    r = 2 * fractions(2 + number, int(np.prod(shape))) - np.float32(1)
    if name.endswith("/kernel"):
        outputs = 2 if name.split("/")[-2] in ("query", "key", "value") else 1
        r = r * np.float32(np.sqrt(3 / np.prod(shape[:-outputs])))
    else:
        r = np.float32(0.02) * r
        if name.endswith("/scale"):
            r = np.float32(1) + r
    return jnp.asarray(r.reshape(shape))


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
    """Three steps of one configuration."""
    model, transformation = training_step.ViT(configuration), training_step.optimizer(configuration)
    side, batch, classes = (configuration[key] for key in ("imageSize", "batch", "classes"))
    shapes = jax.eval_shape(lambda: model.init(jax.random.key(0), jnp.zeros((1, side, side, 3))))
    paths = parameter_paths(configuration)
    parameters = {}
    for number, (name, path) in enumerate(paths):
        branch = parameters
        for key in path[:-1]:
            branch = branch.setdefault(key, {})
        branch[path[-1]] = initial(name, number, at(shapes["params"], path).shape)
    parameters = {"params": parameters}
    assert jax.tree.structure(parameters) == jax.tree.structure(shapes)
    images = (2 * fractions(0, batch * side * side * 3) - 1).reshape(batch, side, side, 3)
    labels = np.zeros((batch, classes), np.float32)
    labels[np.arange(batch), np.floor(fractions(1, batch).astype(np.float64) * classes).astype(int)] = 1

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
    """Nine significant digits: all of a float32."""
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
