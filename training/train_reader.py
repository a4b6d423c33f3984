"""Train the reader that the package ships.

``python -m training.train_reader --work FOLDER [--steps N] [--resume]`` runs the packaged model's lower layers once
over the questions and passages of ``train/reader.jsonl.gz``, and then trains low-rank adapters on its upper ones, and
what reads answers from them. Each step sees 10 questions with a passage that answers and one that does not, and 4
without an answer. The loss is the sum of three cross entropies: of the answer's ends, "none" included; of whether the
passage answers; and of which of a question's two passages does. A checkpoint is written every 200 steps, and the
finished reader goes to ``--out``. The weights derive from CMRC 2018, DRCD and ChineseSquad and are CC BY-SA 4.0.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

from benchmarks.datasets import DATA
from rag.encoder import SentenceTransformerEncoder, Tokens, load_encoder
from rag.reader.joint_layers import JointLayers
from rag.reader.trained import WEIGHTS, pair_of
from rag.scripts import simplified
from training.changed_questions import contradicted, in_english, note_names
from training.examples import Asked, Examples, mine, read_examples
from training.network import new_network, save, trained_values
from training.watching import Watched, look, watched

ANSWERED, UNANSWERED = 10, 4
"""Questions with and without an answer in a step."""
CONTRADICTED, MINED = 0.25, 0.5
"""How many of the passages that do not answer are the right one for a question changed, and are found by search; the
others come from the same document, as far as there are any."""
IN_ENGLISH = 0.25
RATE, HEAD_RATE, DECAY, WARM_UP, CLIP = 1e-3, 2e-3, 0.01, 100, 1.0
STEPS = 1800
EVERY = 200
"""Steps between checkpoints, and between looks at questions that are not trained on."""
AVERAGED_FROM = 400
"""The reader is the mean of the checkpoints from this step on (stochastic weight averaging; Izmailov et al., 2018).
Steps 400 and 1,000: each by itself finds the right sentence of questions in English over Chinese in .77 and .77, both
averaged in .79; in ten other languages .69, .63 and .69; of real articles in English .79, .79 and .84."""
AT_ONCE = 64
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class Case:
    """A question and a passage to train on.

    :param span: First and last token of the answer, counted from 1 among the passage's; (0, 0) for none.
    """

    question: str
    passage: int
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of so many checkpoints."""

    values: dict[str, torch.Tensor]
    count: int

    def with_another(self, values: dict[str, torch.Tensor]) -> Self:
        """The mean with one more."""
        share = 1 / (self.count + 1)
        return type(self)(
            {name: torch.lerp(self.values.get(name, value), value, share).detach() for name, value in values.items()},
            self.count + 1,
        )


@dataclass(frozen=True, slots=True)
class Trainer:
    """What a step needs."""

    network: JointLayers
    encoder: SentenceTransformerEncoder
    examples: Examples
    passages: list[Tokens]
    answered: list[Asked]
    unanswered: list[Asked]


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
    trainer = _prepare(encoder)
    rows = list(watched(encoder))
    _train(trainer, options.work, options.steps, rows, resume=options.resume)
    save(trainer.network, encoder, options.out)


def _prepare(encoder: SentenceTransformerEncoder) -> Trainer:
    examples = read_examples(DATA / "train" / "reader.jsonl.gz", encoder.fits)
    passages = _encoded(encoder.passage_tokens, [text.whole for text in examples.texts])
    mine(examples, passages, _encoded(encoder.query_tokens_of, [asked.text for asked in examples.questions]))
    note_names([simplified(asked.text) for asked in examples.questions])
    answered = [asked for asked in examples.questions if asked.answers]
    unanswered = [asked for asked in examples.questions if not asked.answers]
    print(f"{len(passages)} passages, {len(answered)} questions with an answer, {len(unanswered)} without", flush=True)
    return Trainer(new_network(encoder), encoder, examples, passages, answered, unanswered)


def _encoded(encode: Callable[[list[str]], list[Tokens]], texts: list[str]) -> list[Tokens]:
    batches = (texts[at : at + AT_ONCE] for at in range(0, len(texts), AT_ONCE))
    return [_slim(tokens) for batch in batches for tokens in encode(batch)]


def _slim(tokens: Tokens) -> Tokens:
    """Without the last layer's states, and the lower ones' in half precision: all passages stay in memory."""
    return Tokens(tokens.vector, tokens.states[:0], tokens.starts, tokens.ends, tokens.lower.astype("float16"))


def _train(trainer: Trainer, work: Path, steps: int, rows: list[Watched], *, resume: bool) -> None:
    """Train, and leave the network as the mean of its checkpoints."""
    values = trained_values(trainer.network)
    optimizer, schedule = _optimizer(values, steps)
    print(f"{sum(value.numel() for value in values.values()):,} trained numbers", flush=True)
    first, mean = 0, Mean({}, 0)
    if resume:
        saved = torch.load(work / CHECKPOINT, weights_only=True)
        first, mean = saved["step"], Mean(saved["mean"], saved["averaged"])
        trainer.network.load_state_dict(saved["values"], strict=False)
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
    began, running = time.monotonic(), 0.0
    for step in range(first, steps):
        torch.manual_seed(step)
        trainer.network.train()
        loss = _loss(trainer, _cases(trainer, step))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(values.values(), CLIP)
        optimizer.step()
        schedule.step()
        running = loss.item() if not running else 0.98 * running + 0.02 * loss.item()
        if (step + 1) % 20 == 0:
            print(f"step {step + 1} of {steps}: loss {running:.3f}, {time.monotonic() - began:.0f} s", flush=True)
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            if step + 1 >= min(AVERAGED_FROM, steps):
                mean = mean.with_another(values)
            state = {"step": step + 1, "values": values, "mean": mean.values, "averaged": mean.count}
            torch.save(
                state | {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}, work / CHECKPOINT
            )
            print(f"step {step + 1}: {look(trainer.network, rows)}", flush=True)
    trainer.network.load_state_dict(mean.values, strict=False)
    print(f"mean of {mean.count}: {look(trainer.network, rows)}", flush=True)


def _optimizer(values: dict[str, torch.Tensor], steps: int) -> tuple[torch.optim.Optimizer, LambdaLR]:
    """AdamW, whose rate rises over the first steps and then falls to nothing."""
    heads = [value for name, value in values.items() if not name.startswith("layers.")]
    adapters = [value for name, value in values.items() if name.startswith("layers.")]
    groups = [{"params": adapters, "lr": RATE}, {"params": heads, "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    return optimizer, LambdaLR(optimizer, lambda step: min((step + 1) / WARM_UP, 1.0) * max(0.01, 1 - step / steps))


def _cases(trainer: Trainer, step: int) -> list[tuple[Case, ...]]:
    """A step's cases: for each question with an answer the passage that has it and one that has not."""
    chosen = []
    for asked, chance in _drawn(trainer.answered, ANSWERED, step):
        number = chance.choice(list(asked.answers))
        right = Case(asked.text, number, _span(trainer, number, chance.choice(asked.answers[number])))
        wrong = _wrong(trainer, asked, number, chance)
        chosen.append(_maybe_in_english((right, wrong) if wrong else (right,), chance))
    for asked, chance in _drawn(trainer.unanswered, UNANSWERED, step):
        mined = asked.mined and chance.random() < 0.2
        number = chance.choice(asked.mined if mined else sorted(asked.near))
        chosen.append(_maybe_in_english((Case(asked.text, number, (0, 0)),), chance))
    return chosen


def _drawn(questions: list[Asked], count: int, step: int) -> list[tuple[Asked, random.Random]]:
    """The step's share of the questions, which are gone through in an order that is new each time."""
    per_round = len(questions) // count
    order = random.Random(f"round {step // per_round}").sample(questions, len(questions))
    at = step % per_round * count
    return [(asked, random.Random(f"{step} {asked.text}")) for asked in order[at : at + count]]


def _wrong(trainer: Trainer, asked: Asked, right: int, chance: random.Random) -> Case | None:
    draw = chance.random()
    if draw < CONTRADICTED:
        passage = simplified(trainer.examples.texts[right].whole)
        if changed := contradicted(simplified(asked.text), passage, chance):
            return Case(changed, right, (0, 0))
    numbers = sorted(asked.near) if draw > CONTRADICTED + MINED and asked.near else asked.mined
    return Case(asked.text, chance.choice(numbers), (0, 0)) if numbers else None


def _maybe_in_english(cases: tuple[Case, ...], chance: random.Random) -> tuple[Case, ...]:
    """One question's cases, now and then in English: the same words for both."""
    if chance.random() >= IN_ENGLISH:
        return cases
    seed = chance.random()
    return tuple(
        Case(in_english(simplified(case.question), random.Random(seed)), case.passage, case.span) for case in cases
    )


def _span(trainer: Trainer, number: int, characters: tuple[int, int]) -> tuple[int, int]:
    tokens, shift = trainer.passages[number], trainer.examples.texts[number].shift
    inside = (tokens.ends > characters[0] + shift) & (tokens.starts < characters[1] + shift)
    places = inside.nonzero()[0]
    return (int(places[0]) + 1, int(places[-1]) + 1) if len(places) else (0, 0)


def _loss(trainer: Trainer, groups: list[tuple[Case, ...]]) -> torch.Tensor:
    cases = [case for group in groups for case in group]
    texts = list(dict.fromkeys(case.question for case in cases))
    with torch.no_grad():
        asked = dict(zip(texts, trainer.encoder.query_tokens_of(texts), strict=True))
    pairs = [
        pair_of(asked[case.question], trainer.passages[case.passage], trainer.examples.texts[case.passage].shift)
        for case in cases
    ]
    with torch.autocast("cpu", torch.bfloat16):
        read = trainer.network.read(pairs)
    spans = [
        functional.cross_entropy(logits, torch.tensor(place))
        for row, case in zip(read, cases, strict=True)
        for logits, place in zip((row.first, row.last), case.span, strict=True)
    ]
    answers = torch.stack([row.answers for row in read])
    labels = torch.tensor([float(case.span != (0, 0)) for case in cases])
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
