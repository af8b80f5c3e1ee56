"""Language before transformers: words (n, length) int64 → classes, the next word, or words of another language."""

from typing import Any

import torch
from torch import nn


class LstmLm(nn.Module):
    """Zaremba et al., arXiv 1409.2329: the next word by recurrent layers, whose output shares the table of words."""

    def __init__(self, words: int, width: int, layers: int) -> None:
        super().__init__()
        self.table, self.lstm = nn.Embedding(words, width), nn.LSTM(width, width, layers, batch_first=True)

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """(n, length, words)."""
        states, _ = self.lstm(self.table(tokens))
        return (states @ self.table.weight.T,)


class GruLm(nn.Module):
    """Cho et al., arXiv 1406.1078: the next word by gated recurrent layers."""

    def __init__(self, words: int, width: int, layers: int) -> None:
        super().__init__()
        self.table, self.gru = nn.Embedding(words, width), nn.GRU(width, width, layers, batch_first=True)
        self.last = nn.Linear(width, words)

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """(n, length, words)."""
        states, _ = self.gru(self.table(tokens))
        return (self.last(states),)


class GatedLm(nn.Module):
    """Dauphin et al., arXiv 1612.08083: the next word by gated convolutions over those before it."""

    def __init__(self, words: int, width: int, layers: int) -> None:
        super().__init__()
        self.table, self.last = nn.Embedding(words, width), nn.Linear(width, words)
        self.layers = nn.ModuleList(nn.Conv1d(width, 2 * width, 4) for _ in range(layers))

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """(n, length, words)."""
        values = self.table(tokens).transpose(1, 2)
        for layer in self.layers:
            values = values + nn.functional.glu(layer(nn.functional.pad(values, (3, 0))), 1)
        return (self.last(values.transpose(1, 2)),)


class TextCnn(nn.Module):
    """Kim, arXiv 1408.5882: classes from the strongest answers of convolutions of several widths."""

    def __init__(self, words: int, width: int, maps: int, classes: int) -> None:
        super().__init__()
        self.table = nn.Embedding(words, width)
        self.convolutions = nn.ModuleList(nn.Conv1d(width, maps, size) for size in (3, 4, 5))
        self.last = nn.Linear(3 * maps, classes)

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """(n, classes)."""
        values = self.table(tokens).transpose(1, 2)
        return (self.last(torch.cat([layer(values).relu().amax(2) for layer in self.convolutions], 1)),)


class FastText(nn.Module):
    """Joulin et al., arXiv 1607.01759: classes from the mean of the words."""

    def __init__(self, words: int, width: int, classes: int) -> None:
        super().__init__()
        self.table, self.last = nn.Embedding(words, width), nn.Linear(width, classes)

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """(n, classes)."""
        return (self.last(self.table(tokens).mean(1)),)


class BiLstmTagger(nn.Module):
    """Huang et al., arXiv 1508.01991: a class for every word, read in both directions."""

    def __init__(self, words: int, width: int, classes: int) -> None:
        super().__init__()
        self.table, self.last = nn.Embedding(words, width), nn.Linear(2 * width, classes)
        self.lstm = nn.LSTM(width, width, batch_first=True, bidirectional=True)

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """(n, length, classes)."""
        states, _ = self.lstm(self.table(tokens))
        return (self.last(states),)


class Seq2Seq(nn.Module):
    """Luong et al., arXiv 1508.04025: recurrent encoder and decoder with attention between them."""

    def __init__(self, words: int, width: int, layers: int) -> None:
        super().__init__()
        self.sources, self.targets = nn.Embedding(words, width), nn.Embedding(words, width)
        self.encoder = nn.LSTM(width, width, layers, batch_first=True)
        self.decoder = nn.LSTM(width, width, layers, batch_first=True)
        self.join, self.last = nn.Linear(2 * width, width), nn.Linear(width, words)

    def forward(self, source: Any, target: Any) -> tuple[Any, ...]:
        """(n, target length, words) from (n, source length) and (n, target length)."""
        heard, state = self.encoder(self.sources(source))
        said, _ = self.decoder(self.targets(target), state)
        context = torch.bmm(said, heard.transpose(1, 2)).softmax(2) @ heard
        return (self.last(self.join(torch.cat([context, said], 2)).tanh()),)


class ConvS2S(nn.Module):
    """Gehring et al., arXiv 1705.03122, in small: gated convolutions on both sides, attention between them."""

    def __init__(self, words: int, width: int, layers: int) -> None:
        super().__init__()
        self.sources, self.targets = nn.Embedding(words, width), nn.Embedding(words, width)
        self.encoder = nn.ModuleList(nn.Conv1d(width, 2 * width, 3, padding=1) for _ in range(layers))
        self.decoder = nn.ModuleList(nn.Conv1d(width, 2 * width, 3) for _ in range(layers))
        self.last = nn.Linear(width, words)

    def forward(self, source: Any, target: Any) -> tuple[Any, ...]:
        """(n, target length, words) from (n, source length) and (n, target length)."""
        heard = self.sources(source).transpose(1, 2)
        for layer in self.encoder:
            heard = heard + nn.functional.glu(layer(heard), 1)
        said = self.targets(target).transpose(1, 2)
        for layer in self.decoder:
            said = said + nn.functional.glu(layer(nn.functional.pad(said, (2, 0))), 1)
            said = said + heard @ torch.bmm(said.transpose(1, 2), heard).softmax(2).transpose(1, 2)
        return (self.last(said.transpose(1, 2)),)


class Dssm(nn.Module):
    """Huang et al. (CIKM 2013), in small: a text as one vector of length 1, from the mean of its words."""

    def __init__(self, words: int, width: int, size: int) -> None:
        super().__init__()
        self.table = nn.Embedding(words, width)
        self.layers = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, size))

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """(n, size)."""
        return (nn.functional.normalize(self.layers(self.table(tokens).mean(1)), dim=1),)


class Han(nn.Module):
    """Yang et al. (NAACL 2016), in small: a text classified by a recurrent layer whose words are weighed."""

    def __init__(self, words: int, width: int, classes: int) -> None:
        super().__init__()
        self.table, self.gru = nn.Embedding(words, width), nn.GRU(width, width, batch_first=True)
        self.weigh = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
        self.last = nn.Linear(width, classes)

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """(n, classes)."""
        states, _ = self.gru(self.table(tokens))
        return (self.last((self.weigh(states).softmax(1) * states).sum(1)),)


class Attentive(nn.Module):
    """A layer of Vaswani et al., arXiv 1706.03762, normalised before each of its two parts: (n, steps, width)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.first, self.second = heads, nn.LayerNorm(width), nn.LayerNorm(width)
        self.look, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))

    def forward(self, values: Any) -> Any:
        """The same shape."""
        asked, known, said = self.look(self.first(values)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        weights = (asked @ known.transpose(2, 3) / asked.shape[3] ** 0.5).softmax(3)
        values = values + self.join((weights @ said).transpose(1, 2).flatten(2))
        return values + self.think(self.second(values))


class CtcTranslator(nn.Module):
    """Libovický and Helcl, arXiv 1811.04719, in small: all words at once, every source word stretched to some steps."""

    def __init__(self, words: int, length: int, stretch: int, width: int, heads: int, layers: int, pieces: int) -> None:
        super().__init__()
        self.table, self.places = nn.Embedding(words, width), nn.Embedding(length * stretch, width)
        self.layers = nn.Sequential(*(Attentive(width, heads) for _ in range(layers)))
        self.stretch, self.last = stretch, nn.Linear(width, pieces)

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """(n, length * stretch, pieces)."""
        values = self.table(tokens).repeat_interleave(self.stretch, 1) + self.places.weight
        return (self.last(self.layers(values)),)
