"""Where models run, and how precisely: settled here for the encoder and the reader alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.core import arguments
from rag.errors import shortened

if TYPE_CHECKING:
    import torch


def given_device(name: str, device: object) -> str | None:
    """The device that a program names for its models, as torch does: cpu, cuda, cuda:1, mps.

    :param name: Of the argument.
    :param device: None leaves it to sentence-transformers, which takes a GPU where torch has one.
    :raises ArgumentError: It is no text, or no device on which torch can compute here.
    """
    if device is None:
        return None
    import torch

    text = arguments.text(name, device)
    try:
        torch.zeros(1, device=text).tolist()
    except Exception as error:  # torch's back ends raise each their own
        wanted = f"a device that torch can use here, such as cpu ({shortened(str(error))})"
        raise arguments.refused(name, text, wanted) from error
    return text


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether a device is known to multiply faster in bfloat16 than in float32.

    Those have instructions for it: GPUs for CUDA, and x86 processors with AVX512_BF16. Where these lack, or it is not
    known, float32 is no slower.
    """
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()
