"""Recommenders: how likely a click or a purchase is, from numbers and identifiers.

Inputs are ``dense`` (n, numbers) float32 and ``sparse`` (n, fields) int64, or identifiers alone; outputs are (n, 1)
logits, or scores of every item.
"""

from itertools import pairwise
from typing import Any

import torch
from torch import nn


def mlp(*sizes: int) -> nn.Sequential:
    """Linear layers of these sizes with a ReLU between them."""
    layers: list[Any] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Tables(nn.Module):
    """An embedding table for each field: (n, fields) int64 → (n, fields, width)."""

    def __init__(self, fields: int, rows: int, width: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(rows, width) for _ in range(fields))
        for table in self.tables:
            nn.init.uniform_(table.weight, -(width**-0.5), width**-0.5)

    def forward(self, sparse: Any) -> Any:
        """One row of each table."""
        return torch.stack([table(sparse[:, place]) for place, table in enumerate(self.tables)], 1)


class Dlrm(nn.Module):
    """Naumov et al., arXiv 1906.00091: a bottom network, products of all pairs of vectors, a top network."""

    def __init__(self, dense: int, fields: int, rows: int, width: int) -> None:
        super().__init__()
        self.tables, self.bottom = Tables(fields, rows, width), mlp(dense, 128, 64, width)
        self.register_buffer("pairs", torch.tril_indices(fields + 1, fields + 1, -1), persistent=False)
        self.top = mlp(width + fields * (fields + 1) // 2, 256, 128, 1)

    def forward(self, dense: Any, sparse: Any) -> tuple[Any, ...]:
        """(n, 1)."""
        own = self.bottom(dense)
        vectors = torch.cat([own[:, None], self.tables(sparse)], 1)
        products = torch.bmm(vectors, vectors.transpose(1, 2))[:, self.pairs[0], self.pairs[1]]
        return (self.top(torch.cat([own, products], 1)),)


class NeuMf(nn.Module):
    """He et al., arXiv 1708.05031: matrix factorisation beside a network, over user and item."""

    def __init__(self, users: int, items: int, width: int) -> None:
        super().__init__()
        self.factors = nn.ModuleList([nn.Embedding(users, width), nn.Embedding(items, width)])
        self.vectors = nn.ModuleList([nn.Embedding(users, 2 * width), nn.Embedding(items, 2 * width)])
        self.network, self.last = mlp(4 * width, 2 * width, width), nn.Linear(2 * width, 1)

    def forward(self, user: Any, item: Any) -> tuple[Any, ...]:
        """(n, 1) from (n,) and (n,)."""
        product = self.factors[0](user) * self.factors[1](item)
        deep = self.network(torch.cat([self.vectors[0](user), self.vectors[1](item)], 1))
        return (self.last(torch.cat([product, deep], 1)),)


class WideDeep(nn.Module):
    """Cheng et al., arXiv 1606.07792: a linear model beside a network."""

    def __init__(self, dense: int, fields: int, rows: int, width: int) -> None:
        super().__init__()
        self.linear, self.tables = Tables(fields, rows, 1), Tables(fields, rows, width)
        self.deep = mlp(dense + fields * width, 256, 128, 1)

    def forward(self, dense: Any, sparse: Any) -> tuple[Any, ...]:
        """(n, 1)."""
        return (self.linear(sparse).sum(1) + self.deep(torch.cat([dense, self.tables(sparse).flatten(1)], 1)),)


class DeepFm(nn.Module):
    """Guo et al., arXiv 1703.04247: a factorisation machine beside a network over the same vectors."""

    def __init__(self, fields: int, rows: int, width: int) -> None:
        super().__init__()
        self.linear, self.tables = Tables(fields, rows, 1), Tables(fields, rows, width)
        self.deep = mlp(fields * width, 200, 200, 1)

    def forward(self, sparse: Any) -> tuple[Any, ...]:
        """(n, 1)."""
        vectors = self.tables(sparse)
        pairs = (vectors.sum(1).square() - vectors.square().sum(1)).sum(1, keepdim=True) / 2
        return (self.linear(sparse).sum(1) + pairs + self.deep(vectors.flatten(1)),)


class CrossNet(nn.Module):
    """DCN-V2, Wang et al., arXiv 2008.13535: layers that multiply by the input, then a network."""

    def __init__(self, dense: int, fields: int, rows: int, width: int, crosses: int) -> None:
        super().__init__()
        size = dense + fields * width
        self.tables = Tables(fields, rows, width)
        self.crosses = nn.ModuleList(nn.Linear(size, size) for _ in range(crosses))
        self.deep = mlp(size, 256, 1)

    def forward(self, dense: Any, sparse: Any) -> tuple[Any, ...]:
        """(n, 1)."""
        first = crossed = torch.cat([dense, self.tables(sparse).flatten(1)], 1)
        for cross in self.crosses:
            crossed = first * cross(crossed) + crossed
        return (self.deep(crossed),)


class XDeepFm(nn.Module):
    """Lian et al., arXiv 1803.05170: products of vectors compressed by a convolution, twice."""

    def __init__(self, fields: int, rows: int, width: int, maps: int) -> None:
        super().__init__()
        self.tables, self.deep = Tables(fields, rows, width), mlp(fields * width, 128, 1)
        self.first, self.second = nn.Conv1d(fields * fields, maps, 1), nn.Conv1d(fields * maps, maps, 1)
        self.last = nn.Linear(2 * maps, 1)

    def forward(self, sparse: Any) -> tuple[Any, ...]:
        """(n, 1)."""
        vectors = self.tables(sparse)
        first = self.first((vectors[:, :, None] * vectors[:, None]).flatten(1, 2)).relu()
        second = self.second((first[:, :, None] * vectors[:, None]).flatten(1, 2)).relu()
        return (self.last(torch.cat([first.sum(2), second.sum(2)], 1)) + self.deep(vectors.flatten(1)),)


class AutoInt(nn.Module):
    """Song et al., arXiv 1810.11921: attention between fields."""

    def __init__(self, fields: int, rows: int, width: int, layers: int) -> None:
        super().__init__()
        self.tables = Tables(fields, rows, width)
        self.queries = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(layers))
        self.last = nn.Linear(fields * width, 1)

    def forward(self, sparse: Any) -> tuple[Any, ...]:
        """(n, 1)."""
        vectors = self.tables(sparse)
        for layer in self.queries:
            query, key, value = layer(vectors).chunk(3, 2)
            vectors = (torch.bmm(query, key.transpose(1, 2)).softmax(2) @ value + vectors).relu()
        return (self.last(vectors.flatten(1)),)


class TwoTower(nn.Module):
    """Covington et al. (RecSys 2016) and Yi et al. (RecSys 2019): the product of a user's and an item's vector."""

    def __init__(self, fields: int, rows: int, width: int) -> None:
        super().__init__()
        self.users, self.items = Tables(fields, rows, width), Tables(fields, rows, width)
        self.user, self.item = mlp(fields * width, 256, 64), mlp(fields * width, 256, 64)

    def forward(self, user: Any, item: Any) -> tuple[Any, ...]:
        """(n, 1) from (n, fields) twice."""
        one, other = self.user(self.users(user).flatten(1)), self.item(self.items(item).flatten(1))
        return ((one * other).sum(1, keepdim=True),)


class Gru4Rec(nn.Module):
    """Hidasi et al., arXiv 1511.06939: the next item of a session by a recurrent network."""

    def __init__(self, items: int, width: int) -> None:
        super().__init__()
        self.table, self.gru = nn.Embedding(items, width), nn.GRU(width, width, batch_first=True)

    def forward(self, session: Any) -> tuple[Any, ...]:
        """(n, items) from (n, length)."""
        states, _ = self.gru(self.table(session))
        return (states[:, -1] @ self.table.weight.T,)


class SasRec(nn.Module):
    """Kang and McAuley, arXiv 1808.09781: the next item by attention to those before it."""

    def __init__(self, items: int, width: int, length: int, layers: int) -> None:
        super().__init__()
        self.table, self.places = nn.Embedding(items, width), nn.Embedding(length, width)
        self.attentions = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(layers))
        self.networks = nn.ModuleList(mlp(width, width, width) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.register_buffer("later", torch.full((length, length), -1e9).triu(1), persistent=False)

    def forward(self, session: Any) -> tuple[Any, ...]:
        """(n, items) from (n, length)."""
        states = self.table(session) + self.places.weight
        for attention, network, norm in zip(self.attentions, self.networks, self.norms, strict=True):
            query, key, value = attention(norm(states)).chunk(3, 2)
            weights = torch.bmm(query, key.transpose(1, 2)) * query.shape[2] ** -0.5 + self.later
            states = states + weights.softmax(2) @ value
            states = states + network(states)
        return (states[:, -1] @ self.table.weight.T,)


class Pnn(nn.Module):
    """Qu et al., arXiv 1611.00144: products of all pairs of fields feed a network."""

    def __init__(self, fields: int, rows: int, width: int) -> None:
        super().__init__()
        self.tables, self.deep = Tables(fields, rows, width), mlp(fields * (width + fields), 256, 64, 1)

    def forward(self, sparse: Any) -> tuple[Any, ...]:
        """(n, 1)."""
        vectors = self.tables(sparse)
        products = torch.bmm(vectors, vectors.transpose(1, 2))
        return (self.deep(torch.cat([vectors, products], 2).flatten(1)),)


class Afm(nn.Module):
    """Xiao et al., arXiv 1708.04617: a factorisation machine whose pairs are weighed by attention."""

    def __init__(self, fields: int, rows: int, width: int) -> None:
        super().__init__()
        self.linear, self.tables = Tables(fields, rows, 1), Tables(fields, rows, width)
        self.register_buffer("pairs", torch.tril_indices(fields, fields, -1), persistent=False)
        self.weigh, self.last = mlp(width, 16, 1), nn.Linear(width, 1)

    def forward(self, sparse: Any) -> tuple[Any, ...]:
        """(n, 1)."""
        vectors = self.tables(sparse)
        products = vectors[:, self.pairs[0]] * vectors[:, self.pairs[1]]
        pooled = (self.weigh(products).softmax(1) * products).sum(1)
        return (self.linear(sparse).sum(1) + self.last(pooled),)


class FiBiNet(nn.Module):
    """Huang et al., arXiv 1905.09433: fields weighed by squeeze and excitation, then bilinear products."""

    def __init__(self, fields: int, rows: int, width: int) -> None:
        super().__init__()
        self.tables, self.bilinear = Tables(fields, rows, width), nn.Linear(width, width, bias=False)
        self.weigh = nn.Sequential(mlp(fields, fields // 2, fields), nn.ReLU())
        self.register_buffer("pairs", torch.tril_indices(fields, fields, -1), persistent=False)
        self.deep = mlp(fields * (fields - 1) * width, 64, 1)

    def forward(self, sparse: Any) -> tuple[Any, ...]:
        """(n, 1)."""
        vectors = self.tables(sparse)
        weighed = vectors * self.weigh(vectors.mean(2))[:, :, None]
        return (self.deep(torch.cat([self._products(vectors), self._products(weighed)], 1)),)

    def _products(self, vectors: Any) -> Any:
        return (self.bilinear(vectors)[:, self.pairs[0]] * vectors[:, self.pairs[1]]).flatten(1)


class Din(nn.Module):
    """Zhou et al., arXiv 1706.06978: what a user saw, weighed by how it fits the item in question."""

    def __init__(self, items: int, width: int) -> None:
        super().__init__()
        self.table, self.weigh = nn.Embedding(items, width), mlp(4 * width, 36, 1)
        self.deep = mlp(3 * width, 80, 40, 1)

    def forward(self, history: Any, item: Any) -> tuple[Any, ...]:
        """(n, 1) from (n, length) and (n,)."""
        seen, asked = self.table(history), self.table(item)
        beside = asked[:, None].expand_as(seen)
        interest = (self.weigh(torch.cat([seen, beside, seen - beside, seen * beside], 2)) * seen).sum(1)
        return (self.deep(torch.cat([interest, asked, interest * asked], 1)),)


class MultDae(nn.Module):
    """Liang et al., arXiv 1802.05814: an autoencoder over everything that a user took."""

    def __init__(self, items: int, width: int) -> None:
        super().__init__()
        self.encode, self.decode = nn.Linear(items, width), nn.Linear(width, items)

    def forward(self, taken: Any) -> tuple[Any, ...]:
        """(n, items) from (n, items) within [0, 1]."""
        return (self.decode(torch.tanh(self.encode(nn.functional.normalize(taken, dim=1)))),)


class Caser(nn.Module):
    """Tang and Wang, arXiv 1809.07426: a sequence as a picture, with convolutions along and across."""

    def __init__(self, items: int, width: int, length: int, maps: int) -> None:
        super().__init__()
        self.table, self.across = nn.Embedding(items, width), nn.Conv1d(length, 4, 1)
        self.along = nn.ModuleList(nn.Conv1d(width, maps, size) for size in (2, 3, 4))
        self.last = nn.Linear(4 * width + 3 * maps, items)

    def forward(self, session: Any) -> tuple[Any, ...]:
        """(n, items) from (n, length)."""
        seen = self.table(session)
        found = [layer(seen.transpose(1, 2)).relu().amax(2) for layer in self.along]
        return (self.last(torch.cat([self.across(seen).flatten(1), *found], 1)),)
