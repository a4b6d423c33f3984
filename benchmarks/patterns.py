"""Regular expressions of the project: none may take longer than in proportion to its text, whatever the text is.

``python -m benchmarks.patterns`` finds every pattern of ``rag`` by itself, derives hostile texts from each, and prints
the slowest and those whose time grows faster than the text. A pattern that only ever sees short text is named in
``BOUNDED`` and must be fast at its longest. (regexploit 1.0.0 knows no possessive quantifiers, and misses patterns
that are slow because a search begins anew at each character.)
"""

from __future__ import annotations

import argparse
import ast
import importlib
import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import rag
from benchmarks.limits import CpuLimit, GivenUpError, cpu_limits
from benchmarks.pattern_samples import samples_of

METHODS = ("search", "match", "fullmatch", "finditer")
"""How patterns are used; a search for all takes as long as one for the first, at least."""
_AS_ONE = {"sub": "finditer", "subn": "finditer", "split": "finditer", "findall": "finditer"}
_CALLS = {f"re.{name}" for name in ("compile", *METHODS, *_AS_ONE)}
LENGTH = 4_000
"""Characters of a hostile text; a pattern that begins anew at each takes some 50 ms for them."""
REPEATS = 500
"""Times that a longer piece stands in one."""
MAX_CHARACTERS = 8
"""Characters of a pattern that are put together by two and by three."""
TAILS = ("\0", "\n", "ж")
"""What a hostile text ends in, so that hardly any pattern matches all of it."""
SLOW = 0.003
"""CPU seconds for one that are looked into; linear patterns take 0.1 to 1 ms."""
LINEAR = 8.0
"""Times as long for a text four times as long: 16 where time is quadratic, 4 where it is linear."""
STEADY = 5.0
"""Times as long for four times as long a part, below which it can't be ``LINEAR`` times for all of the text: less than
a twelfth of the first part's time is quadratic then. That part is timed twice, lest a pause makes it long."""
PROBES = (16, 4)
"""Parts of a text that are tried before all of it: were the time quadratic, it would show in them. To the last of them
all of it is compared."""
SHOWN = 10
"""Patterns that are printed though nothing is wrong with them: the slowest."""
CAP = 0.5
"""CPU seconds after which a pattern is given up as slow."""
BOUNDED_MAX = 0.020
"""CPU seconds that a pattern may take for the longest text it ever sees."""


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern, where it was found, and how it is used.

    :param name: Module and name, or module and line of a call that names its pattern in place.
    """

    name: str
    pattern: re.Pattern[Any]
    methods: tuple[str, ...] = METHODS


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst that a pattern was made to do.

    :param seconds: CPU seconds for the worst text.
    :param text: A piece of that text, and how often it stands there.
    :param fault: What is wrong; empty where nothing is.
    """

    found: Found
    seconds: float
    text: str
    fault: str = ""


def modules() -> Iterator[tuple[ModuleType, ast.Module]]:
    """Each module of ``rag`` that uses regular expressions, and its syntax tree."""
    house = Path(rag.__file__).parent
    for path in sorted(house.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
        if "re" in imported:
            parts = path.relative_to(house.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield importlib.import_module(name), tree


def patterns() -> list[Found]:
    """Every pattern of the project.

    :raises LookupError: A call of ``re`` can't be told what its pattern is: give the pattern a name in its module.
    """
    found: dict[tuple[Any, int, str], Found] = {}
    for module, tree in modules():
        uses = _uses(tree)
        for each in [*_named(module, uses), *_in_place(module, tree, uses)]:
            found.setdefault((each.pattern.pattern, each.pattern.flags, each.name.partition("[")[0]), each)
    return list(found.values())


def _uses(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """By which methods each name is used; all of them where it is handed on."""
    methods: dict[str, set[str]] = {}
    taken: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            taken.add(id(node.value))
            methods.setdefault(node.value.id, set()).add(_AS_ONE.get(node.attr, node.attr))
    handed_on = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in taken
    }
    return {
        name: tuple(sorted(used)) for name, used in methods.items() if used <= set(METHODS) and name not in handed_on
    }


def _named(module: ModuleType, uses: Mapping[str, tuple[str, ...]]) -> Iterator[Found]:
    for name, value in vars(module).items():
        for path, pattern in _inside(value, name):
            yield Found(f"{module.__name__}.{path}", pattern, uses.get(name, METHODS))


def _inside(value: object, path: str) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns in a value: itself, or those in a collection, each with its place."""
    if isinstance(value, re.Pattern):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _inside(item, f"{path}[{key!r}]")
            yield from _inside(key, f"{path}[{key!r}]")
    elif isinstance(value, list | tuple | set | frozenset):
        for number, item in enumerate(value):
            yield from _inside(item, f"{path}[{number}]")


def _in_place(module: ModuleType, tree: ast.Module, uses: Mapping[str, tuple[str, ...]]) -> Iterator[Found]:
    """Patterns of calls such as ``re.sub("…", …)``, wherever in the module they stand."""
    for owner, call in _calls(tree):
        name = f"{module.__name__}.{owner}" if owner else f"{module.__name__}:{call.lineno}"
        method = str(getattr(call.func, "attr", ""))
        try:
            pattern = _evaluated(module, call)
        except NameError as error:
            if owner and list(_inside(getattr(module, owner, None), owner)):
                continue  # made in a loop; the walk through the module's names finds what came of it
            raise LookupError(f"{name}: what is the pattern? Give it a name in the module ({error})") from error
        asked = uses.get(owner, METHODS) if method == "compile" else (_AS_ONE.get(method, method),)
        yield Found(name, pattern, asked)


def _calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """The calls of ``re`` that take a pattern, each with the name that its statement gives, at the module's level."""
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        owner = next((target.id for target in targets if isinstance(target, ast.Name)), "")
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _CALLS:
                yield owner, node


def _evaluated(module: ModuleType, call: ast.Call) -> re.Pattern[Any]:
    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "<pattern>", "eval"), dict(vars(module)))

    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    flags = keywords.get("flags")
    if flags is None and getattr(call.func, "attr", "") != "sub" and len(call.args) > 1:
        flags = call.args[-1] if getattr(call.func, "attr", "") == "compile" else None
    return re.compile(value(call.args[0]), value(flags) if flags is not None else 0)


def attacks(pattern: re.Pattern[Any], seed: int = 0) -> Iterator[tuple[str, str, str]]:
    """Hostile texts for a pattern: what stands before, the piece that is repeated, and what stands after.

    Made of what the pattern itself matches: texts that it matches, and their beginnings; what each of its repeats
    matches, after what stands before that repeat; and its characters, alone, by two and by three.
    """
    chance = random.Random(seed)
    samples = samples_of(pattern, chance)
    beginnings = dict.fromkeys(text[:cut] for text in samples.whole for cut in range(1, min(len(text), 20) + 1))
    pairs = [pair for pair in product(samples.characters[:MAX_CHARACTERS], repeat=2) if pair[0] != pair[1]]
    pumps = [*samples.characters[:MAX_CHARACTERS], *beginnings]
    pumps += [piece for one, other in pairs for piece in (one + other, one + one + other)]
    for pump, tail in product(dict.fromkeys(pumps), TAILS):
        yield "", pump, tail
    for (before, body), tail in product(dict.fromkeys(samples.repeated), (*TAILS, "")):
        if body:
            yield before, body, tail


def judge(found: Found, longest: int = 0) -> Verdict:
    """Throw hostile texts at a pattern.

    :param longest: The longest text it ever sees, in characters; 0 where it sees whole files.
    """
    worst = Verdict(found, 0.0, "")
    with cpu_limits(CAP) as limit:
        for attack in attacks(found.pattern):
            for method in _slowest(found.methods):
                attacked = _Attacked(found, method, attack, longest, limit)
                seconds, fault = attacked.bounded() if longest else attacked.judged()
                if fault:
                    return Verdict(found, seconds, attacked.shown, fault)
                if seconds > worst.seconds:
                    worst = Verdict(found, seconds, attacked.shown)
    return worst


def _slowest(methods: tuple[str, ...]) -> list[str]:
    """Those of the methods that none of the others outlasts: to search is to match first at the beginning."""
    outlasted = {"finditer": {"search", "match"}, "search": {"match"}}
    return sorted({*methods}.difference(*(outlasted.get(method, set()) for method in methods)))


@dataclass(frozen=True, slots=True)
class _Attacked:
    """A pattern and a hostile text: what stands before, the piece that is repeated, and what stands after."""

    found: Found
    method: str
    attack: tuple[str, str, str]
    longest: int
    limit: CpuLimit

    @property
    def times(self) -> int:
        """How often the piece stands in the text."""
        length = len(self.attack[1])
        return self.longest // length + 1 if self.longest else max(LENGTH // length, REPEATS)

    @property
    def shown(self) -> str:
        before, pump, after = self.attack
        return f"{self.method}: {before!r} + {self.times} * {pump!r} + {after!r}"

    def bounded(self) -> tuple[float, str]:
        """CPU seconds for the longest text that the pattern sees, and what is wrong; empty where nothing is."""
        seconds = self._spent(self.times)
        if BOUNDED_MAX < seconds < CAP:
            seconds = min(seconds, self._spent(self.times))  # a pause of the machine is no fault of the pattern
        return seconds, f"{seconds * 1000:.0f} ms for {self.longest} characters" if seconds > BOUNDED_MAX else ""

    def judged(self) -> tuple[float, str]:
        """CPU seconds for the text, and what is wrong; empty where nothing is.

        The seconds are told by a part of the text where that is so fast that they can't be many.
        """
        earlier = shorter = 0.0
        for part in PROBES:
            earlier, shorter = shorter, self._spent(self.times // part)
            if shorter >= CAP:
                return shorter, "never ends"
            if shorter < SLOW / part**2:
                return shorter * part, ""
        if shorter * PROBES[-1] < CAP and shorter < STEADY * min(earlier, self._spent(self.times // PROBES[0])):
            return shorter * PROBES[-1], ""
        seconds = self._spent(self.times)
        if seconds >= CAP:
            return seconds, "never ends"
        if seconds <= max(SLOW, LINEAR * shorter):
            return seconds, ""
        shorter = max(min(self._spent(self.times // PROBES[-1]) for _ in range(3)), 1e-6)
        seconds = min(seconds, *(self._spent(self.times) for _ in range(4)))  # nor are some pauses
        growth = seconds / shorter
        slow = seconds > SLOW and growth > LINEAR
        return seconds, f"{growth:.0f} times as long for {PROBES[-1]} times the text" if slow else ""

    def _spent(self, times: int) -> float:
        """CPU seconds for a text of so many pieces; ``CAP`` where it was given up."""
        before, pump, after = self.attack
        text = (before + pump * times)[: self.longest - len(after) if self.longest else None] + after
        pattern = self.found.pattern
        subject: Any = text.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else text
        call = getattr(pattern, self.method)
        start = time.process_time()
        try:
            self.limit.begin()
            result = call(subject)
            if self.method == "finditer":
                for _ in result:  # in Python, so that the clock can ring between two matches
                    pass
            return time.process_time() - start
        except GivenUpError:
            return CAP
        finally:
            self.limit.end()


def bound_of(name: str) -> int:
    """The longest text that a pattern ever sees, in characters; 0 where it sees whole files."""
    from benchmarks.pattern_bounds import BOUNDED

    return next((longest for prefix, (longest, _) in BOUNDED.items() if name.partition("[")[0] == prefix), 0)


def main() -> None:
    """Judge every pattern."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="patterns whose name holds this")
    asked = parser.parse_args()
    start = time.process_time()
    verdicts = [judge(found, bound_of(found.name)) for found in patterns() if asked.only in found.name]
    verdicts.sort(key=lambda verdict: (not verdict.fault, -verdict.seconds))
    bad = sum(bool(verdict.fault) for verdict in verdicts)
    for verdict in verdicts[: bad + SHOWN]:
        print(f"{verdict.seconds * 1000:8.2f} ms  {verdict.found.name}  {verdict.fault and 'SLOW: ' + verdict.fault}")
        print(f"             {verdict.text[:160]}")
    print(f"{len(verdicts)} patterns, {bad} slow; {time.process_time() - start:.1f} s of CPU")


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
