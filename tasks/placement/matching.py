"""Holding a hardware requirement against what there is: our own probe for this machine, Ray's nodes for a cluster.

Answers within milliseconds on this machine, before anything is fetched, built, or started.
"""

import os
import socket
from typing import Any

from tasks.environment.hardware import Offer, probe
from tasks.errors import HardwareMissing, Refused
from tasks.placement.request import samples_path
from tasks.specs.evaluation import Evaluation
from tasks.specs.hardware import Hardware

GIB = 2**30


def matched(evaluation: Evaluation, node: str | None = None) -> dict[str, Any]:
    """Where the evaluation can run, or whether it can on that node.

    Raises `HardwareMissing`, or `Refused` for what no hardware would mend.
    """
    if not distributed(evaluation):
        placement = on_this_machine(evaluation.hw)
        _require_device(evaluation)
        _require_samples(evaluation)
        return placement
    found = satisfying(evaluation)
    _require_device(evaluation)
    return next((p for p in found if p["node"] == node), found[0]) if node else found[0]


def distributed(evaluation: Evaluation) -> bool:
    """Whether it may run on another machine: a cluster was named, by the evaluation or by RAY_ADDRESS."""
    return evaluation.workers.kind == "cluster" or bool(os.environ.get("RAY_ADDRESS"))


def on_this_machine(hw: Hardware) -> dict[str, Any]:
    """Check every part of the requirement against this machine and choose its cores."""
    offer = probe()
    lacks = _lacks(hw, offer.cpus, offer.memory_bytes, list(offer.accelerators))
    if lacks:
        raise HardwareMissing(_sentence(hw, lacks, f"this machine offers {_offered(offer)}"))
    cores = sorted(os.sched_getaffinity(0))[: offer.cpus]
    wanted = offer.cpus if hw.cpus == "all" else int(hw.cpus)
    return {
        "host": socket.gethostname(),
        "cpus": cores[-wanted:],
        "offered": _described(offer),
        "asked": hw.model_dump(mode="json"),
    }


def _require_device(evaluation: Evaluation) -> None:
    hw, software = evaluation.hw, evaluation.software
    if hw.device not in software.devices:
        other = "hw=local" if hw.accelerator else "an hw with a GPU, such as hw=h200"
        raise Refused(
            f"hw={hw.id} means device {hw.device}, software={software.id} runs on {', '.join(software.devices)} only. "
            f"Choose a software whose devices name {hw.device}, or {other}."
        )


def _require_samples(evaluation: Evaluation) -> None:
    """A folder of images that is not there is refused before anything is fetched or built."""
    if evaluation.dataset.kind == "image_folder" and not samples_path(evaluation).is_dir():
        raise Refused(
            f"The data set folder {samples_path(evaluation)} does not exist. "
            f"Put dataset={evaluation.dataset.id} there, or set dataset.folder=<path with one folder a class>."
        )


def _lacks(hw: Hardware, cpus: float, memory_bytes: float, accelerators: list[str]) -> list[str]:
    """What is asked for and not there, in words."""
    lacks = []
    if hw.accelerator:
        words = hw.accelerator.name.lower().split()
        fitting = [a for a in accelerators if all(w in a.lower() for w in words)]
        if len(fitting) < hw.accelerator.count:
            lacks.append(f"{hw.accelerator.count} × {hw.accelerator.name}")
    if hw.cpus != "all" and int(hw.cpus) > cpus:
        lacks.append(f"{hw.cpus} cores")
    if hw.memory_gib * GIB > memory_bytes:
        lacks.append(f"{hw.memory_gib:g} GiB of memory")
    return lacks


def _sentence(hw: Hardware, lacks: list[str], offered: str) -> str:
    return (
        f"hw={hw.id} asks for {' and '.join(lacks)}; {offered}. "
        "Choose another hw=<name> (hw=local takes what there is), or add such a node with workers=cluster."
    )


def _offered(offer: Offer) -> str:
    gpus = ", ".join(offer.accelerators) or "no GPU"
    return f"{offer.cpus} cores, {offer.memory_bytes / GIB:.1f} GiB of memory, and {gpus}"


def _described(offer: Offer) -> dict[str, Any]:
    return {
        "cpus": offer.cpus,
        "memory_bytes": offer.memory_bytes,
        "accelerators": list(offer.accelerators),
        "cpu_model": offer.cpu_model,
    }


def satisfying(evaluation: Evaluation) -> list[dict[str, Any]]:
    """A placement on every node of the connected cluster that has what is asked for. Raises `HardwareMissing`."""
    from tasks.placement.nodes import survey

    hw, found, seen = evaluation.hw, [], []
    for node in survey():
        have = (node["cpus"], node["memory_bytes"], node["accelerators"]) if not node["lacks"] else None
        if have and not _lacks(hw, *have):
            wanted = node["cpus"] if hw.cpus == "all" else int(hw.cpus)
            cores = {"cpus": node["cores"][-wanted:], "offered": node, "asked": hw.model_dump(mode="json")}
            found.append({"host": node["host"], "node": node["node"], **cores})
        seen.append(f"{node['host']}: {node['lacks'] or shown(node)}")
    if not found:
        lacks = hw.accelerator.name if hw.accelerator else f"{hw.cpus} cores and {hw.memory_gib:g} GiB"
        raise HardwareMissing(_sentence(hw, [lacks], f"the cluster offers {'; '.join(seen) or 'no node'}"))
    return found


def shown(node: dict[str, Any]) -> str:
    """What a node has, for a person."""
    gpus = ", ".join(node["accelerators"]) or "no GPU"
    return f"{node['cpus']:g} cores, {node['memory_bytes'] / GIB:.1f} GiB of memory, {gpus}, {node['cpu_model']}"
