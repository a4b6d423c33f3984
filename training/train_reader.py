"""Train the reader that the package ships.

``python -m training.train_reader --work FOLDER [--steps N] [--resume]`` runs the packaged model's lower layers once
over all passages of ``training.corpus``, and then trains its upper ones, and what reads answers from them. Each step
sees some 16 questions, each with a few passages. The loss is the sum of three cross entropies: of which passage
answers or whether none does, the passages of a question compared with each other (after Clark and Gardner,
"Simple and Effective Multi-Paragraph Reading Comprehension", 2018); of whether each passage answers, taken by itself;
and of the answer's first and last token in the one that does, all places of the answer counted together.
What is kept is a running mean of the values, and with ``--start`` the middle between that and what it began with, which
does as well on what the new steps were for and loses less of the rest (Wortsman et al., "Robust fine-tuning of
zero-shot models", 2022). The weights derive from CMRC 2018, DRCD and ChineseSquad and are
CC BY-SA 4.0.
"""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR
from transformers import AutoModel

from rag.core.files import cache_folder
from rag.models.device import has_fast_bfloat16
from rag.models.joint_layers import JointLayers, Logits, Pair
from rag.models.lower_layers import LOWER_LAYERS, PASSAGE_PROMPT, QUESTION_PROMPT, LowerLayers
from rag.models.packaged_model import packaged_model
from rag.models.reader import WEIGHTS
from rag.models.sentence_transformer import SentenceTransformerEncoder, load_encoder
from rag.models.weights import load_weights
from rag.text.writing_systems import simplified
from training.cases import Case, cases
from training.changed_questions import note_names
from training.corpus import Corpus, read_corpus
from training.examples import Span, Text
from training.lower_states import TokenPlaces, token_places
from training.network import arguments_of, parsed, save_whole

RATE, HEAD_RATE, DECAY, WARM_UP, CLIP = 1e-4, 3e-4, 0.01, 100, 1.0
STEPS, FALLING = 2400, 0.4
"""Steps, and the share of them at the end over which the rate falls to nothing."""
EVERY = 100
"""Steps between two states that are kept."""
NOTED = 4
"""Of so many questions one tells names with which others are changed."""
AVERAGED = 0.996
"""How much of the running mean of the values stays from step to step (Izmailov et al., 2018)."""


@dataclass
class Trainer:
    """What a step needs.

    :param mean: The network with the running mean of the values.
    :param lower: For questions that are changed for a step.
    """

    network: JointLayers
    mean: JointLayers
    lower: LowerLayers
    corpus: Corpus

    @cached_property
    def places(self) -> list[TokenPlaces]:
        """Where the tokens of all passages stand."""
        return token_places([text.whole for text in self.corpus.texts], PASSAGE_PROMPT)

    @cached_property
    def asked_places(self) -> list[TokenPlaces]:
        """Where the tokens of all questions stand."""
        return token_places([asked.text for asked in self.corpus.together], QUESTION_PROMPT)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Questions by their words."""
        return {asked.text: number for number, asked in enumerate(self.corpus.together)}


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage after the lower layers.

    :param states: Of its tokens, shape (tokens, dimension).
    :param places: Where they stand.
    :param shift: Characters that stand before its own text.
    """

    states: torch.Tensor
    places: TokenPlaces
    shift: int

    @property
    def own(self) -> torch.Tensor:
        """Which tokens are of its own text, shape (tokens,)."""
        return torch.from_numpy(self.places.ends > self.shift)


def main() -> None:
    parser = arguments_of(__doc__, STEPS, WEIGHTS)
    parser.add_argument("--start", type=Path, help="begin with these values")
    options = parsed(parser)
    encoder = load_encoder()
    assert isinstance(encoder, SentenceTransformerEncoder)
    torch.set_num_threads(os.cpu_count() or 1)  # more than one is right for many pairs, whatever is for one question
    corpus = read_corpus(options.work, encoder)
    note_names([simplified(asked.text) for asked in corpus.together[::NOTED]])
    network = new_network()
    if options.start:
        network.load_state_dict(load_weights(options.start))
    lower = LowerLayers(encoder.model, half_precision=has_fast_bfloat16(encoder.model.device))
    trainer = Trainer(network, copy.deepcopy(network).eval().requires_grad_(False), lower, corpus)
    _train(trainer, options.steps, options.work, resume=options.resume)
    if options.start:
        _meet_halfway(trainer.mean, load_weights(options.start))
    save_whole(trainer.mean, options.out)


def new_network() -> JointLayers:
    """The network before training: its layers are the packaged model's own."""
    plain = AutoModel.from_pretrained(packaged_model(cache_folder()))
    return JointLayers(plain.encoder.layer[LOWER_LAYERS:], plain.config.hidden_size).requires_grad_(True)


@torch.no_grad()
def _meet_halfway(network: JointLayers, start: dict[str, torch.Tensor]) -> None:
    for name, value in network.state_dict().items():
        value.lerp_(start[name], 0.5)


def _train(trainer: Trainer, steps: int, work: Path, *, resume: bool) -> None:
    optimizer, schedule = _optimizer(trainer.network, steps)
    print(f"{sum(value.numel() for value in trainer.network.parameters()):,} trained numbers", flush=True)
    first = _resumed(trainer, optimizer, schedule, work) if resume else 0
    began, running = time.monotonic(), torch.zeros(3)
    for step in range(first, steps):
        losses = torch.stack(_losses(trainer, list(cases(trainer.corpus, step))))
        optimizer.zero_grad()
        losses.sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trainer.network.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            kept = min(AVERAGED, (step + 1) / (step + 10))
            for mean, value in zip(trainer.mean.parameters(), trainer.network.parameters(), strict=True):
                mean.lerp_(value, 1 - kept)
        running = losses.detach() if step == first else 0.98 * running + 0.02 * losses.detach()
        if (step + 1) % 20 == 0:
            told = " ".join(f"{value:.3f}" for value in running.tolist())
            print(f"step {step + 1} of {steps}: losses {told}, {time.monotonic() - began:.0f} s", flush=True)
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            state = {
                "step": step + 1,
                "values": trainer.network.state_dict(),
                "mean": trainer.mean.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
            }
            torch.save(state, work / "reader-state.new")
            (work / "reader-state.new").replace(work / "reader-state.pt")


def _resumed(trainer: Trainer, optimizer: torch.optim.Optimizer, schedule: LambdaLR, work: Path) -> int:
    """Go on from where training stopped.

    :return: The first step that is still to do.
    """
    state = torch.load(work / "reader-state.pt", weights_only=True)
    trainer.network.load_state_dict(state["values"])
    trainer.mean.load_state_dict(state["mean"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"])


def _optimizer(network: JointLayers, steps: int) -> tuple[torch.optim.Optimizer, LambdaLR]:
    """AdamW, whose rate rises over the first steps, and falls over the last."""
    layers = list(network.layers.parameters())
    heads = [value for name, value in network.named_parameters() if not name.startswith("layers.")]
    optimizer = torch.optim.AdamW(
        [{"params": layers, "lr": RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=DECAY
    )
    left = FALLING * steps
    return optimizer, LambdaLR(optimizer, lambda step: min((step + 1) / WARM_UP, 1.0, max(0.01, (steps - step) / left)))


def _losses(trainer: Trainer, step_cases: list[Case]) -> list[torch.Tensor]:
    """Which passage answers, whether each does, and where."""
    asked = _asked(trainer, [case.question for case in step_cases])
    passages = _passages(trainer, [passage for case in step_cases for passage in case.passages])
    read_together = [(asked[case.question], passages[passage]) for case in step_cases for passage in case.passages]
    pairs = [Pair(question, passage.states, passage.own) for question, passage in read_together]
    with torch.autocast("cpu", torch.bfloat16):
        read = trainer.network(pairs)
    which, spans, at = [], [], 0
    labels = torch.zeros(len(pairs))
    for case in step_cases:
        rows = read[at : at + len(case.passages)]
        answers = torch.cat((torch.zeros(1), torch.stack([row.answers for row in rows])))
        which.append(functional.cross_entropy(answers, torch.tensor(0 if case.right is None else 1 + case.right)))
        if case.right is not None:
            labels[at + case.right] = 1
            spans += _span_loss(rows[case.right], case.spans, passages[case.passages[case.right]])
        at += len(rows)
    each = functional.binary_cross_entropy_with_logits(torch.stack([row.answers for row in read]), labels)
    return [torch.stack(which).mean(), each, torch.stack(spans).mean()]


def _span_loss(logits: Logits, answers: Sequence[Span], passage: Passage) -> list[torch.Tensor]:
    """Minus the log-probability of all places of the answer together; nothing where it has no token."""
    found = [passage.places.tokens(start + passage.shift, end + passage.shift) for start, end in answers]
    spans = [span for span in found if span]
    if not spans:
        return []
    first, last = (torch.log_softmax(each, 0) for each in (logits.first, logits.last))
    return [-torch.logsumexp(torch.stack([first[begin] + last[end] for begin, end in spans]), 0)]


def _passages(trainer: Trainer, passages: Sequence[int | Text]) -> dict[int | Text, Passage]:
    """Passages after the lower layers; those of which sentences were left out are run now."""
    found: dict[int | Text, Passage] = {}
    for each in dict.fromkeys(passages):
        if isinstance(each, int):
            place = trainer.places[each]
            found[each] = Passage(trainer.corpus.passages.of(each)[place.kept], place, trainer.corpus.texts[each].shift)
    new = [each for each in dict.fromkeys(passages) if isinstance(each, Text)]
    for text, tokens in zip(new, trainer.lower.tokens([text.whole for text in new], PASSAGE_PROMPT), strict=True):
        places = TokenPlaces(np.arange(len(tokens.starts)), tokens.starts, tokens.ends)
        found[text] = Passage(tokens.states, places, text.shift)
    return found


def _asked(trainer: Trainer, texts: list[str]) -> dict[str, torch.Tensor]:
    """Questions after the lower layers; those that were changed for this step are run now."""
    found: dict[str, torch.Tensor] = {}
    for text in dict.fromkeys(texts):
        if text in trainer.numbers:
            number = trainer.numbers[text]
            found[text] = trainer.corpus.asked.of(number)[trainer.asked_places[number].kept]
    new = [text for text in dict.fromkeys(texts) if text not in found]
    found |= {text: tokens.states for text, tokens in zip(new, trainer.lower.tokens(new, QUESTION_PROMPT), strict=True)}
    return found


if __name__ == "__main__":
    main()
