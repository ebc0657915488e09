"""The next version of a contract beside the one there is, and what raises the old one to it."""

import re
from pathlib import Path

from hub.catalogue import Catalogue
from hub.documents import Contract, Mapping
from hub.lint.samples import samples
from hub.scaffold.files import Files, ScaffoldError


def version(found: Catalogue, type_: str) -> Files:
    """`schemas/<type>/v<n+1>`, a copy of the newest; the upcast; and, where the newest is taken in by a mapping, one
    for the next version.

    Raises ScaffoldError where there is none yet.
    """
    versions = [number for kind, number in found.contracts if kind == type_]
    if not versions:
        raise ScaffoldError(f"there is no contract {type_}: begin with `renkei scaffold contract {type_}`")
    old, made = found.contracts[type_, max(versions)], Files()
    new = old.version + 1
    _copied(made, old.folder, f"schemas/{type_}/v{new}", old, "version")
    upcast = f"mappings/{type_}--{type_}/v{old.version}"
    namespace = _raised(old.namespace, old)
    values = {"type": type_, "old": old.version, "new": new, "old_namespace": old.namespace, "new_namespace": namespace}
    made.add(f"{upcast}/mapping.toml", "version/mapping.toml", **values)
    made.add(f"{upcast}/mapping.xslt", "version/mapping.xslt", **values)
    sample = samples(old, "valid")[0]
    made.new[f"{upcast}/cases/{sample.stem}.in.xml"] = sample.read_text(encoding="utf-8")
    for mapping in found.intake_mappings().get((type_, old.version), []):
        folder = f"mappings/{mapping.name}/v{_next(mapping)}"
        _copied(made, mapping.folder, folder, old, "from_version")
    return made


def _copied(made: Files, folder: Path, to: str, old: Contract, number: str) -> None:
    """All files of a folder, in the new namespace; what a mapping makes of its cases is made anew, and the last day of
    the old version is none of the new one's.

    `number`: the key under which its TOML file says the version.
    """
    for path in sorted(one for one in folder.rglob("*") if one.is_file() and not one.name.endswith(".out.xml")):
        try:
            text = _raised(path.read_text(encoding="utf-8"), old)
        except UnicodeDecodeError:
            told = f"{path.name} of {old.type} v{old.version} is not in UTF-8"
            raise ScaffoldError(f"{told}: move it away, and copy it to the next version by hand") from None
        if path.suffix == ".toml":
            text = re.sub(rf"(?m)^({number}\s*=\s*){old.version}\b", rf"\g<1>{old.version + 1}", text)
            text = re.sub(r"(?m)^sunset\s*=.*\n?", "", text)
        made.new[f"{to}/{path.relative_to(folder).as_posix()}"] = text


def _raised(text: str, old: Contract) -> str:
    return re.sub(rf"{re.escape(old.namespace)}\b", f"urn:renkei:{old.type}:v{old.version + 1}", text)


def _next(mapping: Mapping) -> int:
    names = (folder.name for folder in mapping.folder.parent.iterdir())
    return max(int(name[1:]) for name in names if re.fullmatch(r"v[0-9]+", name)) + 1
