"""Train the reader that the package ships.

``python -m training.train_reader --work FOLDER [--steps N] [--resume]`` runs the packaged model's lower layers once
over the questions and passages of ``train/reader.jsonl.gz`` and of our own articles, and then trains low-rank adapters
on its upper ones, and what reads answers from them. Each step sees 10 questions with a passage that answers and one
that does not, and 4 without an answer. The loss is the sum of three cross entropies: of the answer's ends, "none"
included; of whether the passage answers; and of which of a question's two passages does. The values are kept every 200
steps, and the finished reader goes to ``--out``. The weights derive from CMRC 2018, DRCD and ChineseSquad and are
CC BY-SA 4.0.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

from benchmarks.datasets import DATA
from rag.models.joint_layers import JointLayers
from rag.models.reader import WEIGHTS, pair_of
from rag.models.sentence_transformer import SentenceTransformerEncoder, load_encoder
from rag.text.writing_systems import simplified
from training.cases import Case, cases
from training.changed_questions import note_names
from training.examples import Examples, prepared
from training.network import new_network, save, trained_values
from training.own_articles import FOLDER, read_articles
from training.public_pairs import read_pairs
from training.watching import Watched, look, watched

RATE, HEAD_RATE, DECAY, WARM_UP, CLIP = 1e-3, 2e-3, 0.01, 100, 1.0
STEPS = 1600
OWN_FROM = 400
"""Steps on the public pairs alone; from here on half of what a step sees is from our own articles."""
EVERY = 200
"""Steps between looks at questions that are not trained on."""
AVERAGED_FROM = 800
"""The reader is the mean of what was kept from this step on (stochastic weight averaging; Izmailov et al., 2018)."""


@dataclass(frozen=True, slots=True)
class Trainer:
    """What a step needs.

    :param sources: The public pairs, and our own articles.
    """

    network: JointLayers
    encoder: SentenceTransformerEncoder
    sources: list[Examples]
    work: Path

    @property
    def state(self) -> Path:
        """What ``--resume`` goes on from."""
        return self.work / "state.pt"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints go")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the finished reader goes")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in the work folder")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"there is no data in {DATA}: name its folder in ARTICLE_RAG_DATA")
    options.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    encoder = load_encoder()
    assert isinstance(encoder, SentenceTransformerEncoder)
    texts, questions = read_pairs(DATA / "train" / "reader.jsonl.gz", encoder.fits)
    note_names([simplified(asked.text) for asked in questions])
    sources = [prepared(texts, questions, encoder), prepared(*read_articles(FOLDER, encoder.fits), encoder)]
    trainer = Trainer(new_network(encoder), encoder, sources, options.work)
    rows = list(watched(encoder))
    _train(trainer, options.steps, rows, resume=options.resume)
    _average(trainer, options.steps)
    print(f"mean: {look(trainer.network, rows)}", flush=True)
    save(trained_values(trainer.network), options.out)


def _train(trainer: Trainer, steps: int, rows: list[Watched], *, resume: bool) -> None:
    values = trained_values(trainer.network)
    optimizer, schedule = _optimizer(values, steps)
    print(f"{sum(value.numel() for value in values.values()):,} trained numbers", flush=True)
    first = _resumed(trainer, optimizer, schedule) if resume else 0
    began, running = time.monotonic(), 0.0
    for step in range(first, steps):
        torch.manual_seed(step)
        trainer.network.train()
        loss = _loss(trainer, cases(trainer.sources[: 1 if step < OWN_FROM else 2], step))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(values.values(), CLIP)
        optimizer.step()
        schedule.step()
        running = loss.item() if not running else 0.98 * running + 0.02 * loss.item()
        if (step + 1) % 20 == 0:
            print(f"step {step + 1} of {steps}: loss {running:.3f}, {time.monotonic() - began:.0f} s", flush=True)
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            torch.save(values, trainer.work / f"values-{step + 1}.pt")
            state = {"step": step + 1, "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
            torch.save(state, trainer.state)
            print(f"step {step + 1}: {look(trainer.network, rows)}", flush=True)


def _resumed(trainer: Trainer, optimizer: torch.optim.Optimizer, schedule: LambdaLR) -> int:
    """Go on from where training stopped.

    :return: The first step that is still to do.
    """
    state = torch.load(trainer.state, weights_only=True)
    values = torch.load(trainer.work / f"values-{state['step']}.pt", weights_only=True)
    trainer.network.load_state_dict(values, strict=False)
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return state["step"]


def _average(trainer: Trainer, steps: int) -> None:
    """Make the network the mean of what was kept."""
    kept = [*range(max(EVERY, min(AVERAGED_FROM, steps // EVERY * EVERY)), steps, EVERY), steps]
    files = [torch.load(trainer.work / f"values-{step}.pt", weights_only=True) for step in kept]
    mean = {name: torch.stack([values[name] for values in files]).mean(0) for name in files[0]}
    trainer.network.load_state_dict(mean, strict=False)
    print(f"mean of steps {kept}", flush=True)


def _optimizer(values: dict[str, torch.Tensor], steps: int) -> tuple[torch.optim.Optimizer, LambdaLR]:
    """AdamW, whose rate rises over the first steps and then falls to nothing."""
    heads = [value for name, value in values.items() if not name.startswith("layers.")]
    adapters = [value for name, value in values.items() if name.startswith("layers.")]
    groups = [{"params": adapters, "lr": RATE}, {"params": heads, "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    return optimizer, LambdaLR(optimizer, lambda step: min((step + 1) / WARM_UP, 1.0) * max(0.01, 1 - step / steps))


def _loss(trainer: Trainer, groups: list[tuple[Case, ...]]) -> torch.Tensor:
    group_cases = [case for group in groups for case in group]
    texts = list(dict.fromkeys(case.question for case in group_cases))
    with torch.no_grad():
        asked = dict(zip(texts, trainer.encoder.query_tokens_of(texts), strict=True))
    pairs = [pair_of(asked[case.question], case.passage, case.shift) for case in group_cases]
    with torch.autocast("cpu", torch.bfloat16):
        read = trainer.network.read(pairs)
    spans = [
        functional.cross_entropy(logits, torch.tensor(place))
        for row, case in zip(read, group_cases, strict=True)
        for logits, place in zip((row.first, row.last), case.span, strict=True)
    ]
    answers = torch.stack([row.answers for row in read])
    labels = torch.tensor([float(case.span != (0, 0)) for case in group_cases])
    loss = torch.stack(spans).mean() + functional.binary_cross_entropy_with_logits(answers, labels)
    ranked = _ranking_loss(groups, answers)
    return loss + ranked


def _ranking_loss(groups: list[tuple[Case, ...]], answers: torch.Tensor) -> torch.Tensor:
    """How much likelier the right passage of each question should be than the other."""
    losses = []
    at = 0
    for group in groups:
        if len(group) == 2:
            losses.append(functional.softplus(answers[at + 1] - answers[at]))
        at += len(group)
    return torch.stack(losses).mean()


if __name__ == "__main__":
    main()
