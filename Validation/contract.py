"""Reads the JSON contract of a configuration for the oracle: strict keys, documented defaults, the project's terms.

It repeats the contract of `Configuration+Decoding.swift` on purpose: an oracle that shared the code that it checks
would share its mistakes.
"""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
CATALOG = os.path.join(os.path.dirname(HERE), "shapes", "vit.yaml")

SHAPE_KEYS = ("width", "depth", "mlpWidth", "heads", "patch")

DEFAULTS = {
    "device": "tpu-v3",
    "batch": 8,
    "imageSize": 224,
    "head": "map",
    "classes": 29593,
    "optimizer": "adafactor",
    "precision": "bfloat16",
    "gradientClipping": "none",
    "rematerialization": "automatic",
    "layers": "unrolled",
    "dataParallel": 8,
    "memoryLimit": None,
}

CHOICES = {
    "head": ("token", "gap", "map"),
    "optimizer": ("sgd", "sgd-momentum", "adam", "adam-half", "adafactor"),
    "precision": ("bfloat16", "float32"),
    "gradientClipping": ("none", "global-norm"),
    "rematerialization": ("automatic", "none", "full"),
    "layers": ("unrolled", "scanned"),
}

# Topologies by device and number of data-parallel cores; the compiler of requirements.txt has accepted each of them.
TOPOLOGIES = {
    "tpu-v2": {8: "v2:2x2"},
    "tpu-v3": {8: "v3:2x2", 16: "v3:4x2", 32: "v3:4x4", 128: "v3:8x8"},
    "tpu-v4": {4: "v4:2x2x1", 8: "v4:2x2x2"},
    "tpu-v4-core": {8: "v4:2x2x1", 16: "v4:2x2x2"},
    "tpu-v5e": {4: "v5e:2x2", 8: "v5e:2x4"},
    "tpu-v5p": {4: "v5p:2x2x1", 8: "v5p:2x2x2"},
    "tpu-v6e": {4: "v6e:2x2", 8: "v6e:2x4"},
}

# Options of a topology beside its name: the compiler treats the two cores of a v4 as separate devices unless it is told
# that they run one program.
TOPOLOGY_OPTIONS = {"tpu-v4": {"chip_config_name": "megacore"}}

# Usable memory in bytes, as the compiler states it; a lower memory limit is set by reserving the difference.
# Source: `Used ... of 15.48G hbm` of libtpu 0.0.17.1 for v3:2x2: 16 GiB less 530 MiB.
USABLE = {"tpu-v3": 16 * 2**30 - 530 * 2**20}
# Rematerialization starts at this fraction of the usable memory, less the reserved bytes.
# Source: `rematerialization limit ... = 95% hbm (14.71G) - ...` in the compiler's log.
REMATERIALIZATION_SHARE = 0.95

UNITS = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
         "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


class ContractError(ValueError):
    """A configuration breaks a rule; the message has the key, the value and the rule."""


def read(given, catalog=CATALOG):
    """`given` (a decoded JSON object) with every key filled in, the shape as numbers, and `memoryLimit` in bytes or None.

    Raises ContractError for an unknown key, a missing shape, or a value that breaks a rule.
    """
    if not isinstance(given, dict):
        raise ContractError(f"{given!r}: a configuration must be an object")
    _known("", given, ("shape", *DEFAULTS))
    if given.get("shape") is None:
        raise ContractError('shape: is required: an object with ' + ", ".join(SHAPE_KEYS) + ', or a name')
    configuration = {"shape": _shape(given["shape"], catalog)}
    for key, default in DEFAULTS.items():
        value = given.get(key)
        configuration[key] = default if value is None else value
    for key, choices in CHOICES.items():
        if configuration[key] not in choices:
            raise ContractError(f"{key}: {configuration[key]!r} must be one of " + ", ".join(choices))
    for key in ("batch", "imageSize", "classes", "dataParallel"):
        _positive(key, configuration[key])
    shape, image = configuration["shape"], configuration["imageSize"]
    if image < shape["patch"]:
        raise ContractError(f"imageSize: {image} must be at least the patch size {shape['patch']}")
    if not isinstance(configuration["device"], str) or configuration["device"] not in TOPOLOGIES:
        raise ContractError(f"device: {configuration['device']!r} must be one of " + ", ".join(TOPOLOGIES))
    configuration["memoryLimit"] = _bytes("memoryLimit", configuration["memoryLimit"])
    return configuration


def read_cpu(given, catalog=CATALOG):
    """read() for the device `cpu`, which the oracle's compiler lacks. Raises ContractError for any other device."""
    if not isinstance(given, dict) or given.get("device") != "cpu":
        raise ContractError('device: must be "cpu" here: steps are run, not compiled for another device')
    read_without_device = read({key: value for key, value in given.items() if key != "device"}, catalog)
    return {**read_without_device, "device": "cpu"}


def written(configuration):
    """The configuration as in an evidence line: every key, in the order of the contract, without an absent limit."""
    return {key: value for key, value in configuration.items() if value is not None}


def topology(configuration):
    """The compiler's topology for the device and number of cores. Raises ContractError if none is known."""
    known = TOPOLOGIES[configuration["device"]]
    if configuration["dataParallel"] not in known:
        raise ContractError(
            f"dataParallel: {configuration['dataParallel']} cannot be asked for on {configuration['device']}; known: "
            + ", ".join(map(str, known)))
    return known[configuration["dataParallel"]]


def reserved_bytes(configuration):
    """Bytes to reserve so that rematerialization starts where it would on a device with `memoryLimit` usable bytes.

    None if there is nothing to reserve. Raises ContractError if the compiler cannot apply the limit.
    """
    limit = configuration["memoryLimit"]
    if limit is None or configuration["rematerialization"] == "none":
        return None
    usable = USABLE.get(configuration["device"])
    if usable is None or limit > usable:
        raise ContractError(
            f"memoryLimit: {limit} cannot be asked of this compiler on {configuration['device']}; it can lower the limit of "
            + ", ".join(f"{name} ({most} bytes)" for name, most in USABLE.items())
            + ', or hold the live peak against any limit with "rematerialization": "none"')
    return round(REMATERIALIZATION_SHARE * (usable - limit))


def limit_of_reserved(device, reserved):
    """The `memoryLimit` for which reserved_bytes() reserves `reserved` bytes. Raises ContractError if there is none."""
    limit = round(USABLE[device] - reserved / REMATERIALIZATION_SHARE)
    if limit < 1:
        raise ContractError(f"{reserved} reserved bytes leave no memory at all: no configuration asks for that")
    return limit


def _shape(given, catalog):
    if isinstance(given, str):
        return _named(given, catalog)
    if not isinstance(given, dict):
        raise ContractError(f"shape: {given!r} must be a name, or an object with " + ", ".join(SHAPE_KEYS))
    _known("shape.", given, SHAPE_KEYS)
    shape = {}
    for key in SHAPE_KEYS:
        if given.get(key) is None:
            raise ContractError(f"shape.{key}: is required")
        shape[key] = _positive(f"shape.{key}", given[key])
    if shape["width"] % shape["heads"]:
        raise ContractError(f"shape.heads: {shape['heads']} must divide the width {shape['width']}")
    return shape


def _named(name, catalog):
    try:
        import yaml
    except ImportError:
        raise ContractError(f"shape: {name!r}: names need PyYAML (requirements.txt); or give the five numbers") from None
    try:
        with open(catalog, encoding="utf-8") as file:
            document = yaml.safe_load(file)
    except (OSError, yaml.YAMLError) as error:
        raise ContractError(f"shape: {name!r}: the catalog cannot be read: {error}") from None
    match = re.fullmatch(r"(?:ViT-)?([^/]+)/(\d+)", name)
    variant = (document.get("variants") or {}).get(match[1]) if match else None  # case-sensitive: g and G differ
    if variant is None:
        raise ContractError(f"shape: {name!r} is not in the catalog: a variant and a patch, such as ViT-G/14; "
                            "or give the five numbers")
    return _shape({**{key: variant.get(key) for key in SHAPE_KEYS}, "patch": int(match[2])}, catalog)


def _known(path, given, keys):
    for key in given:
        if key not in keys:
            raise ContractError(f"{path}{key}: is not a known key; known: " + ", ".join(keys))


def _positive(key, value):
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 2**24:
        raise ContractError(f"{key}: {value!r} must be a whole number between 1 and {2**24}")
    return value


def size(number, unit):
    """Bytes of a size as the compiler writes it: `15.48` `G`."""
    return round(float(number) * 2 ** (10 * " KMGT".index(unit or " ")))


def _bytes(key, value):
    if value is None:
        return None
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?i?B?)\s*", value)
        if match and match[2] in UNITS:
            value = round(float(match[1]) * UNITS[match[2]])
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ContractError(f'{key}: {value!r} must be a size in bytes such as 16000000000 or "15.48GiB"')
    return value
