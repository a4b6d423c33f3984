"""Train the adapters of the encoder that the package ships.

``python -m training.train_encoder --work FOLDER [--steps N] [--resume]`` runs the packaged model's lower layers once
over all passages and questions of ``training.news_questions``, of the public pairs and of our own articles, and then
trains low-rank adapters on its upper layers, by contrast: a question's vector is to be nearer to that of a passage that
answers it than to all others of the step, which are the right ones of the other questions, and for each question one
that is hard (InfoNCE; van den Oord et al., 2018). Hard ones come from the same article, or are those nearest to the
question by the encoder as it is shipped. The values are kept every ``EVERY`` steps, and the mean of the last
``AVERAGED`` goes to ``--out``. The weights derive from CMRC 2018, DRCD and ChineseSquad and are CC BY-SA 4.0.
"""

from __future__ import annotations

import copy
import random
import time
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, inject_adapter_in_model
from sentence_transformers import SentenceTransformer
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from rag.core.files import cache_folder
from rag.models.lower_layers import LOWER_LAYERS
from rag.models.packaged_model import packaged_model
from rag.models.sentence_transformer import load_encoder
from rag.models.weights import ENCODER_ADAPTERS
from training.corpus import ALIKE, Corpus, read_corpus
from training.lower_states import through
from training.network import arguments_of, parsed, save, trained_values

RANK = 16
RATE, DECAY, WARM_UP, CLIP = 4e-4, 0.01, 50, 1.0
BATCH = 40
"""Questions of a step, each with a passage that answers and a hard one: 80 passages."""
TEMPERATURE = 0.02
STEPS = 450
EVERY, AVERAGED = 100, 4
SAME_ARTICLE = 0.4
"""How often the hard passage is of the right one's article."""


def main() -> None:
    options = parsed(arguments_of(__doc__, STEPS, ENCODER_ADAPTERS))
    corpus = read_corpus(options.work, load_encoder())
    layers = new_layers()
    _train(layers, corpus, options.steps, options.work, resume=options.resume)
    mean = _mean(options.work, options.steps)
    save({f"layers.{name}": value for name, value in mean.items()}, options.out)


def new_layers() -> nn.ModuleList:
    """The packaged model's upper layers with adapters that do nothing yet."""
    model = SentenceTransformer(str(packaged_model(cache_folder())), device="cpu")
    layers = copy.deepcopy(model[0].auto_model.encoder.layer[LOWER_LAYERS:])
    layers.requires_grad_(False)
    config = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=["query", "key", "value", "dense"])
    return inject_adapter_in_model(config, layers).eval()  # nothing drops out: to draw what does takes half a step


def _train(layers: nn.ModuleList, corpus: Corpus, steps: int, work: Path, *, resume: bool) -> None:
    values = trained_values(layers)
    print(f"{sum(value.numel() for value in values.values()):,} trained numbers", flush=True)
    optimizer = torch.optim.AdamW(values.values(), lr=RATE, weight_decay=DECAY)
    schedule = LambdaLR(optimizer, lambda step: min((step + 1) / WARM_UP, 1.0) * max(0.02, 1 - step / steps))
    first = _resumed(layers, optimizer, schedule, work) if resume else 0
    began, running = time.monotonic(), 0.0
    for step in range(first, steps):
        torch.manual_seed(step)
        loss = _loss(layers, corpus, step)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(values.values(), CLIP)
        optimizer.step()
        schedule.step()
        running = 0.95 * running + 0.05 * loss.item() if running else loss.item()
        if (step + 1) % 10 == 0:
            print(f"step {step + 1} of {steps}: loss {running:.3f}, {time.monotonic() - began:.0f} s", flush=True)
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            torch.save(values, work / f"values-{step + 1}.pt")
            state = {"step": step + 1, "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
            torch.save(state, work / "state.pt")


def _resumed(layers: nn.ModuleList, optimizer: torch.optim.Optimizer, schedule: LambdaLR, work: Path) -> int:
    """Go on from where training stopped.

    :return: The first step that is still to do.
    """
    state = torch.load(work / "state.pt", weights_only=True)
    layers.load_state_dict(torch.load(work / f"values-{state['step']}.pt", weights_only=True), strict=False)
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"])


def _loss(layers: nn.ModuleList, corpus: Corpus, step: int) -> torch.Tensor:
    chance = random.Random(step)
    drawn = _drawn([number for number, asked in enumerate(corpus.together) if asked.answers], step)
    right = [chance.choice(list(corpus.together[number].answers)) for number in drawn]
    hard = [_hard_one(corpus, number, chance) for number in drawn]
    beside = list(dict.fromkeys((*right, *hard)))
    places = {number: at for at, number in enumerate(beside)}
    asked = through(layers, [corpus.asked.of(number) for number in drawn])
    passages = through(layers, [corpus.passages.of(number) for number in beside])
    open_ = np.array([_negatives(corpus, *row, beside) for row in zip(drawn, right, strict=True)])
    logits = (asked @ passages.T / TEMPERATURE).masked_fill(~torch.from_numpy(open_), -1e4)
    return nn.functional.cross_entropy(logits, torch.tensor([places[number] for number in right]))


def _drawn(numbers: list[int], step: int) -> list[int]:
    """The step's share of the questions, which are gone through in an order that is new each time."""
    per_round = len(numbers) // BATCH
    order = random.Random(f"round {step // per_round}").sample(numbers, len(numbers))
    at = step % per_round * BATCH
    return order[at : at + BATCH]


def _hard_one(corpus: Corpus, number: int, chance: random.Random) -> int:
    asked = corpus.together[number]
    if asked.near and (chance.random() < SAME_ARTICLE or not asked.mined):
        return chance.choice(asked.near)
    return chance.choice(asked.mined or range(len(corpus.passages)))


def _negatives(corpus: Corpus, number: int, right: int, beside: list[int]) -> list[bool]:
    """Which of a step's passages are compared: the right one, and those that are known not to answer."""
    asked = corpus.together[number]
    same = set(corpus.articles[asked.document])
    alike = corpus.passages.vectors[beside] @ corpus.passages.vectors[right] > ALIKE
    return [
        other == right or (not copy_ and other not in asked.answers and (other not in same or other in asked.near))
        for other, copy_ in zip(beside, alike.tolist(), strict=True)
    ]


def _mean(work: Path, steps: int) -> dict[str, torch.Tensor]:
    """The mean of the last values that were kept (stochastic weight averaging; Izmailov et al., 2018)."""
    kept = sorted({*range(EVERY, steps, EVERY), steps})[-AVERAGED:]
    files = [torch.load(work / f"values-{step}.pt", weights_only=True) for step in kept]
    print(f"mean of steps {kept}", flush=True)
    return {name: torch.stack([values[name] for values in files]).mean(0) for name in files[0]}


if __name__ == "__main__":
    main()
