"""Loads the operators seg::*, which are compiled for one version of PyTorch."""
import os
import pathlib

import torch


def library():
    """The file: that of the environment variable SEGTRAIN_OPERATORS, or the one that is installed beside this module."""
    given = os.environ.get("SEGTRAIN_OPERATORS")
    return pathlib.Path(given) if given else pathlib.Path(__file__).with_name("lib") / "libsegtrain_operators.so"


def load():
    """Makes torch.ops.seg.class_sums available. ImportError if the file is missing, or was compiled for another version of PyTorch."""
    path = library()
    if not path.exists():
        raise ImportError(f"segtrain.losses: there is no {path}; install the wheel, or set SEGTRAIN_OPERATORS to the library of a build")
    wanted = path.with_name("torch_version").read_text(encoding="utf-8").strip()
    if not torch.__version__.startswith(wanted + "."):
        raise ImportError(
            f"segtrain.losses is compiled for PyTorch {wanted}, but PyTorch {torch.__version__} is installed; run: pip install 'torch=={wanted}.*'"
        )
    torch.ops.load_library(str(path))
