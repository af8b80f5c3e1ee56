"""A streamed completion: lines of server-sent events in, the text, and the times and number of its tokens, out.

In: lines as they arrive, of `/completions` or `/chat/completions`. An answer that ends before the server said so, or
that is no such stream, is a TouchstoneError. Standard library only, Python 3.9.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Iterable

from tasks.errors import TouchstoneError

DATA, DONE = b"data:", b"[DONE]"
TEXTS = ("content", "reasoning_content", "reasoning")  # of a chat's delta
PRINTABLE = (32, 95)  # the first one, and how many there are


@dataclass
class Answer:
    """Readings of the monotonic clock in ns: at the first and the last piece of text; ``pause`` is the longest between
    two. ``counted``: the server said how many tokens these are; else each piece is one.
    """

    first: int = 0
    last: int = 0
    pause: int = 0
    tokens: int = 0
    prompt_tokens: int = 0
    counted: bool = False
    ended: bool = False
    model: str = ""
    pieces: list[str] = field(default_factory=list)

    def piece(self, text: str, now: int) -> None:
        """Text has arrived."""
        self.pieces.append(text)
        if self.first:
            self.pause = max(self.pause, now - self.last)
        else:
            self.first = now
        self.last = now
        self.tokens += 0 if self.counted else 1


def read(lines: Iterable[bytes], where: str) -> Answer:
    """One answer; the time of a piece is when its line was there, before it is understood."""
    answer, now = Answer(), 0
    clock = time.perf_counter_ns
    for line in lines:
        now = clock()
        if not line.startswith(DATA):
            continue
        data = line[len(DATA) :].strip()
        if data == DONE:
            answer.ended = True
        elif data:
            _take(answer, _event(data, where), now)
    if not answer.ended:
        pieces = f"after {answer.tokens} pieces of an answer" if answer.tokens else "before the first piece"
        raise TouchstoneError(f"{where} ended its stream {pieces} without a word that it was done. Look at the server.")
    if not answer.first:  # an answer without text: that there is none was known at its end
        answer.first = answer.last = now
    return answer


def _event(data: bytes, where: str) -> dict[str, Any]:
    try:
        event = json.loads(data)
        if isinstance(event, dict):
            return event
        why = type(event).__name__
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    except ValueError as error:
        why = str(error)
    shown = data[:80].decode(errors="replace")
    raise TouchstoneError(f"{where} streams an event that is no JSON object: {why} in «{shown}».")


def _take(answer: Answer, event: dict[str, Any], now: int) -> None:
    if event.get("error"):
        said = event["error"]
        said = said.get("message", said) if isinstance(said, dict) else said
        raise TouchstoneError(f"The server ended an answer with an error: {' '.join(str(said).split())[:300]}.")
    answer.model = str(event.get("model") or answer.model)
    try:
        for choice in event.get("choices") or ():
            if text := _text(choice):
                answer.piece(text, now)
            answer.ended = answer.ended or bool(choice.get("finish_reason"))
        usage = event.get("usage")
        if usage:
            answer.tokens, answer.prompt_tokens = int(usage["completion_tokens"]), int(usage.get("prompt_tokens") or 0)
            answer.counted = True
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TouchstoneError(f"An event of the stream is none of the protocol: {error!r}.") from error


def _text(choice: dict[str, Any]) -> str:
    """The text that a choice brings, of a completion or of a chat."""
    delta = choice.get("delta") or {}
    return str(choice.get("text") or next((delta[name] for name in TEXTS if delta.get(name)), ""))


def text_of(row: Any) -> str:
    """(length,) bytes of UTF-8 with zeros behind them → text; bytes that are none, as synthetic ones, stand for one
    printable character each.
    """
    data = bytes(row).rstrip(b"\0")
    try:
        return data.decode()
    except UnicodeDecodeError:
        first, many = PRINTABLE
        return "".join(chr(first + byte % many) for byte in data)
