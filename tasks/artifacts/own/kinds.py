"""What a file or folder is, by its bytes and never by its suffix; what is no model, or holds code, in one sentence."""

import zipfile
from pathlib import Path

from tasks.errors import Refused

PICKLED = (
    "{name} is pickled ({what}): opening it would run what is written in it, so it is never opened here. Write the "
    "model as data, with {way}."
)
TORCH = "torch.export.save(torch.export.export(model, inputs), 'model.pt2') or torch.onnx.export"
# The first bytes → what it is, and the way out.
OTHERS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF", "an HDF5 file of older Keras", "save it again with model.save('model.keras')"),
    (b"GGUF", "a GGUF file of llama.cpp, which no software here reads", "give the ONNX file of the model"),
    (b"version https://git-lfs", "only the pointer of Git LFS", "run git lfs pull where it comes from"),
    (b"<!DOCTYPE", "a web page", "download the file itself"),
    (b"<html", "a web page", "download the file itself"),
    (b"<?xml", "an XML file, such as OpenVINO's own format, which is not read here", "give the ONNX file of the model"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and give what is inside"),
    (b"\x89PNG", "a picture", "a data set is added with dataset=<folder>"),
    (b"\xff\xd8\xff", "a picture", "a data set is added with dataset=<folder>"),
    (b"PAR1", "a Parquet table", "a data set is added with dataset=<folder, CSV, or JSONL>"),
)
TITLES = {
    "onnx": "ONNX",
    "tflite": "TFLite",
    "keras": "a .keras file",
    "pt2": "an exported program of torch",
    "saved_model": "a SavedModel",
    "transformers": "weights for transformers, exported here to ONNX and .pt2",
}
JOBLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda", b"ZF")  # zlib, as joblib.dump(compress=…) writes it


def kind_of(path: Path) -> str:
    """onnx, tflite, keras, pt2, saved_model, transformers, or mlflow. Raises Refused with what it is instead."""
    if not path.exists():
        raise Refused(f"{path} does not exist. Give the path of a model file, or of a folder with one.")
    return _folder(path) if path.is_dir() else _file(path)


def _folder(path: Path) -> str:
    names = {entry.name for entry in path.iterdir()}
    for marker, kind in (("saved_model.pb", "saved_model"), ("MLmodel", "mlflow")):
        if marker in names:
            return kind
    if "config.json" in names and any(name.endswith(".safetensors") for name in names):
        return "transformers"
    pickled = sorted(n for n in names if n.endswith((".bin", ".pt", ".pth", ".pkl", ".joblib", ".ckpt")))
    if pickled:
        way = "model.save_pretrained(folder), which writes safetensors since transformers 4.35"
        raise Refused(PICKLED.format(name=f"{path}/{pickled[0]}", what="no other weights are there", way=way))
    models = sorted(n for n in names if n.endswith((".onnx", ".tflite", ".keras", ".pt2")))
    hint = f"It holds {', '.join(models)}: give one of them." if models else "Give the file of the model."
    raise Refused(
        f"{path} is neither a SavedModel (saved_model.pb) nor a model of transformers (config.json and safetensors). "
        f"{hint}"
    )


def _file(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        raise Refused(f"{path} is empty.")
    if path.name == "saved_model.pb":
        raise Refused(f"{path} is one file of a SavedModel: give its folder, {path.parent}.")
    if head[4:8] == b"TFL3":
        return "tflite"
    if head.startswith(b"PK\x03\x04"):
        return _zip(path)
    if (head[0] == 0x80 and head[1] in range(2, 6)) or head.startswith(JOBLIB):
        raise Refused(PICKLED.format(name=path, what="as pickle, torch.save, and joblib write it", way=_way(path)))
    for first, what, way in OTHERS:
        if head.startswith(first):
            raise Refused(f"{path} is {what}: {way}.")
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size:
        raise Refused(
            f"{path} holds weights (safetensors) and no architecture. Give the folder that has its config.json as "
            "well, or the model as ONNX."
        )
    return "onnx"  # which has no mark of its own: whether it is one is seen when it is read


def _way(path: Path) -> str:
    sklearn = path.suffix in (".joblib", ".pkl", ".pickle")
    return "skl2onnx (to_onnx(model, X, options={'zipmap': False}))" if sklearn else TORCH


def _zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise Refused(f"{path} is a damaged ZIP archive: {error}. Fetch it again.") from None
    ends = {name.partition("/")[2] or name for name in names} | set(names)
    if "config.json" in ends and "model.weights.h5" in ends:
        return "keras"
    if "models/model.json" in ends:
        return "pt2"
    if any(name.rpartition("/")[2] in ("data.pkl", "constants.pkl") for name in names):
        what = "TorchScript" if any("/code/" in name for name in names) else "as torch.save writes it"
        raise Refused(PICKLED.format(name=path, what=what, way=TORCH))
    shown = ", ".join(names[:4]) or "nothing"
    raise Refused(f"{path} is a ZIP archive with {shown}: no .keras and no .pt2 file. Give the file of the model.")
