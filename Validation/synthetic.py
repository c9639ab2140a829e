"""Makes synthetic parameters, images and labels, bit-identical to Swift's: splitmix64 and exact float32 arithmetic.

Stream 0 gives the images, stream 1 the labels, stream 2 + p the Swift program's parameter number p.
Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014 (the mixing function).
"""

import math

import numpy as np

GOLDEN_RATIO, STRIDE = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
MASK = 2**64 - 1


def uniform(seed, stream, count):
    """`count` float32 in [0, 1), each a multiple of 2^-24."""
    start = np.uint64((seed + stream * GOLDEN_RATIO) & MASK)
    z = start + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(STRIDE)  # modulo 2^64
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


def symmetric(seed, stream, shape):
    """float32 in [-1, 1), exact: 2u - 1."""
    values = np.float32(2) * uniform(seed, stream, math.prod(shape)) - np.float32(1)
    return values.reshape(shape)


def images(configuration, seed):
    """(B, R, R, 3)."""
    side = configuration["imageSize"]
    return symmetric(seed, 0, (configuration["batch"], side, side, 3))


def labels(configuration, seed):
    """(B, C), one-hot rows."""
    batch, classes = configuration["batch"], configuration["classes"]
    one = np.zeros((batch, classes), np.float32)
    one[np.arange(batch), np.floor(uniform(seed, 1, batch).astype(np.float64) * classes).astype(int)] = 1
    return one


def parameter_shapes(configuration):
    """(name, shape, fan-in or None) of every parameter, in the order of the Swift program (ModelWriter.swift)."""
    shape = configuration["shape"]
    width, mlp, heads, patch = shape["width"], shape["mlpWidth"], shape["heads"], shape["patch"]
    head_width, head = width // heads, configuration["head"]
    tokens = (configuration["imageSize"] // patch) ** 2 + (head == "token")

    def norm(name):
        return [(f"{name}/scale", (width,), None), (f"{name}/bias", (width,), None)]

    def dense(name, inputs, outputs):
        return [(f"{name}/kernel", (inputs, outputs), inputs), (f"{name}/bias", (outputs,), None)]

    def attention(name):
        listed = []
        for projection in ("query", "key", "value"):
            listed += [(f"{name}/{projection}/kernel", (width, heads, head_width), width),
                       (f"{name}/{projection}/bias", (heads, head_width), None)]
        return listed + [(f"{name}/out/kernel", (heads, head_width, width), width), (f"{name}/out/bias", (width,), None)]

    def mlp_layers(name):
        return dense(f"{name}/up", width, mlp) + dense(f"{name}/down", mlp, width)

    listed = [("embedding/kernel", (patch, patch, 3, width), 3 * patch * patch), ("embedding/bias", (width,), None)]
    if head == "token":
        listed += [("cls", (1, 1, width), None)]
    listed += [("pos_embedding", (1, tokens, width), None)]
    for block in range(shape["depth"]):
        name = f"block{block}"
        listed += norm(f"{name}/norm1") + attention(f"{name}/attention") + norm(f"{name}/norm2") + mlp_layers(f"{name}/mlp")
    listed += norm("norm")
    if head == "map":
        listed += [("map/probe", (1, 1, width), None)] + attention("map/attention") + norm("map/norm")
        listed += mlp_layers("map/mlp")
    return listed + dense("classifier", width, configuration["classes"])


def parameters(configuration, seed):
    """[(name, float32 array)]: kernels uniform in +-sqrt(3 / fan-in), scales 1 +- 0.02, all others +-0.02."""
    small, listed = np.float32(0.02), []
    for number, (name, shape, fan_in) in enumerate(parameter_shapes(configuration)):
        values = symmetric(seed, 2 + number, shape)
        if fan_in is not None:
            values = values * np.float32(math.sqrt(3 / fan_in))
        elif name.endswith("/scale"):
            values = np.float32(1) + small * values
        else:
            values = small * values
        assert values.dtype == np.float32
        listed.append((name, values))
    return listed
