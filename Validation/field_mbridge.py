"""mbridge's memory estimator, run as it is from a clone, for field.py.

It imports Megatron's training code and Transformer Engine, which needs CUDA to install, for names alone: both stand here as empty
modules. Megatron-Core itself is the real one.
"""

import contextlib
import importlib.abc
import importlib.machinery
import io
import sys
import types

import torch

EMPTY = ("transformer_engine", "megatron.training")


class EmptyModule(types.ModuleType):
    """A module that has every name: an empty class where it is capitalized, else an empty module."""

    __version__ = "2.0"
    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = type(name, (torch.nn.Module,), {}) if name[0].isupper() else EmptyModule(f"{self.__name__}.{name}")
        setattr(self, name, value)
        return value


class EmptyModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if any(name == empty or name.startswith(empty + ".") for empty in EMPTY):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return EmptyModule(spec.name)

    def exec_module(self, module):
        pass


def estimator(folder):
    """A function of a configuration and its tokens: the estimator's bytes of the encoder blocks and what feeds them."""
    sys.meta_path.insert(0, EmptyModules())
    sys.path.insert(0, folder)
    import estimate_013
    from megatron.core.transformer.transformer_config import TransformerConfig

    def estimate(c, tokens):
        shape, full = c["shape"], c["rematerialization"] == "full"
        recomputation = {"recompute_granularity": "full", "recompute_method": "uniform", "recompute_num_layers": 1} if full else {}
        config = TransformerConfig(
            num_layers=shape["depth"], hidden_size=shape["width"], ffn_hidden_size=shape["mlpWidth"],
            num_attention_heads=shape["heads"], normalization="RMSNorm", hidden_dropout=0.0, attention_dropout=0.0, bf16=True,
            params_dtype=torch.bfloat16, **recomputation)
        # A vocabulary of one word: its embedding's output stands for the patches', and it has no logits to speak of.
        training = types.SimpleNamespace(
            micro_batch_size=c["batch"], seq_length=tokens, padded_vocab_size=1, max_position_embeddings=tokens, num_experts=None,
            use_distributed_optimizer=False, data_parallel_size=1, world_size=1, virtual_pipeline_model_parallel_size=None)
        with contextlib.redirect_stdout(io.StringIO()):
            report, = estimate_013.estimate_from_config(config, training)[0]
        # Its own sum, unrounded: 18 bytes a weight without a distributed optimizer, 2 an activation.
        return 18e9 * report["parameters_b"] + 2e9 * report["activation_b"]

    return estimate
