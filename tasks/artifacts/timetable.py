"""Sentences about days, times, and how many, in English and in German, by a written grammar; a seed chooses.

Order differs between the two (a verb goes to the end, day and time change places), and so do numbers: twenty-one is
einundzwanzig. The splits have no sentence in common, and some numbers occur in the test split only.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import TypeVar

DAYS = {
    "monday": "montag", "tuesday": "dienstag", "wednesday": "mittwoch", "thursday": "donnerstag", "friday": "freitag",
    "saturday": "samstag", "sunday": "sonntag",
}  # fmt: skip
MONTHS = {
    "january": "januar", "february": "februar", "march": "märz", "april": "april", "may": "mai", "june": "juni",
    "july": "juli", "august": "august", "september": "september", "october": "oktober", "november": "november",
    "december": "dezember",
}  # fmt: skip
THINGS = {
    "apples": "äpfel", "pears": "birnen", "books": "bücher", "tickets": "karten", "chairs": "stühle",
    "letters": "briefe", "cakes": "kuchen", "bottles": "flaschen",
}  # fmt: skip
VEHICLES = {"train": "der zug", "bus": "der bus", "ship": "das schiff", "ferry": "die fähre", "tram": "die bahn"}
PEOPLE = {"anna": "anna", "peter": "peter", "my sister": "meine schwester", "our teacher": "unser lehrer"}
ONES = [
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *(f"{n}teen" for n in ("thir", "four", "fif", "six", "seven", "eigh", "nine")),
]
EINS = [
    *("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"),
    *(f"{n}zehn" for n in ("drei", "vier", "fünf", "sech", "sieb", "acht", "neun")),
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ZEHNER = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
FIRST = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
FIRST |= {"twelve": "twelfth", "twenty": "twentieth", "thirty": "thirtieth"}
ERSTEN = {"eins": "ersten", "drei": "dritten", "sieben": "siebten", "acht": "achten"}
Pair = tuple[str, str]
T = TypeVar("T")


def pairs(split: str, seed: int, count: int, every: int) -> Iterator[Pair]:
    """``count`` different sentences, English and German; one in ``every`` could be test's, the others train's."""
    random, seen = Random(f"{seed}/{split}"), set[Pair]()
    while len(seen) < count:
        pair = _chosen(SENTENCES, random)(_Choice(random, split, every))
        mine = sum(pair[0].encode()) % every == 0  # whose a sentence is that both could say
        if pair not in seen and mine == (split == "test"):
            seen.add(pair)
            yield pair


def kept_back(value: int, every: int) -> bool:
    """Whether train never counts as many: one in ``every`` of those that are put together, such as 23 and 32."""
    return value > 20 and value % 10 > 0 and (value // 10 + value % 10) % every == 0


def number(value: int) -> Pair:
    """1 … 99 as they are counted."""
    if value < 20:
        return ONES[value - 1], EINS[value - 1]
    tens, ones = divmod(value, 10)
    english, german = TENS[tens - 2], ZEHNER[tens - 2]
    if not ones:
        return english, german
    return f"{english}-{ONES[ones - 1]}", f"{EINS[ones - 1].replace('eins', 'ein')}und{german}"


def ordinal(value: int) -> Pair:
    """1 … 31 as days of a month, German in the dative."""
    english, german = number(value)
    ten, dash, one = english.rpartition("-")
    ending = "sten" if value >= 20 else "ten"
    return f"{ten}{dash}{FIRST.get(one, f'{one}th')}", ERSTEN.get(german, f"{german}{ending}")


def clock(hour: int, minutes: int) -> Pair:
    """A time of day; ``hour`` 1 … 12, minutes 0, 30, or some past (below 30) or to (above)."""
    after = hour % 12 + 1
    if minutes == 0:
        return f"{number(hour)[0]} o'clock", f"{number(hour)[1].replace('eins', 'ein')} uhr"
    if minutes == 30:
        return f"half past {number(hour)[0]}", f"halb {number(after)[1]}"
    past = minutes < 30
    english, german = ("quarter", "viertel") if minutes in (15, 45) else number(minutes if past else 60 - minutes)
    spoken = number(hour if past else after)
    return f"{english} {'past' if past else 'to'} {spoken[0]}", f"{german} {'nach' if past else 'vor'} {spoken[1]}"


class _Choice:
    """What a sentence is filled with, as this split may say it."""

    def __init__(self, random: Random, split: str, every: int) -> None:
        self.random = random
        self.numbers = [n for n in range(2, 100) if split == "test" or not kept_back(n, every)]

    def of(self, words: dict[str, str]) -> Pair:
        return _chosen(list(words.items()), self.random)

    def day(self) -> Pair:
        english, german = self.of(DAYS)
        return f"on {english}", f"am {german}"

    def date(self) -> Pair:
        (english, german), month = ordinal(1 + int(31 * self.random.random())), self.of(MONTHS)
        return f"on the {english} of {month[0]}", f"am {german} {month[1]}"

    def time(self) -> Pair:
        english, german = clock(1 + int(12 * self.random.random()), 5 * int(12 * self.random.random()))
        return f"at {english}", f"um {german}"

    def amount(self) -> Pair:
        (english, german), thing = number(_chosen(self.numbers, self.random)), self.of(THINGS)
        return f"{english} {thing[0]}", f"{german} {thing[1]}"


def _chosen(among: Sequence[T], random: Random) -> T:
    return among[int(random.random() * len(among))]


def _leaves(choice: _Choice) -> Pair:
    what, day, time = choice.of(VEHICLES), choice.day(), choice.time()
    return f"the {what[0]} leaves {day[0]} {time[0]}", f"{what[1]} fährt {day[1]} {time[1]} ab"


def _meet(choice: _Choice) -> Pair:
    date, time = choice.date(), choice.time()
    return f"we meet {time[0]} {date[0]}", f"wir treffen uns {date[1]} {time[1]}"


def _need(choice: _Choice) -> Pair:
    date, one, two = choice.date(), choice.amount(), choice.amount()
    return f"we need {one[0]} and {two[0]} {date[0]}", f"wir brauchen {date[1]} {one[1]} und {two[1]}"


def _buys(choice: _Choice) -> Pair:
    who, what, day = choice.of(PEOPLE), choice.amount(), choice.day()
    return f"{who[0]} buys {what[0]} {day[0]}", f"{day[1]} kauft {who[1]} {what[1]}"


def _arrives(choice: _Choice) -> Pair:
    who, date, time = choice.of(PEOPLE), choice.date(), choice.time()
    return f"{who[0]} arrives {date[0]} {time[0]}", f"{who[1]} kommt {date[1]} {time[1]} an"


SENTENCES: tuple[Callable[[_Choice], Pair], ...] = (_leaves, _meet, _need, _buys, _arrives)
