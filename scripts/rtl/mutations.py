"""Reads scripts/rtl/mutations.txt and applies what it lists."""
import dataclasses
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "scripts/rtl/mutations.txt"


@dataclasses.dataclass
class Mutation:
    kind: str  # who has to see it: "pins" or "formal"
    block: str
    what: str
    old: list
    new: list


def rtl_file(block):
    files = sorted(ROOT.glob(f"hw/*/rtl/{block}.sv"))
    if len(files) != 1:
        names = ", ".join(sorted(file.stem for file in ROOT.glob("hw/*/rtl/*.sv")))
        raise RuntimeError(f"no block '{block}' has RTL; there are {names}")
    return files[0]


def read_mutations():
    mutations = []
    for number, line in enumerate(FILE.read_text().splitlines(), 1):
        if line.startswith("= "):
            head, what = line[2:].split(": ", 1)
            mutations.append(Mutation(*head.split(), what, [], []))
        elif line.startswith("-"):
            mutations[-1].old.append(line[1:].strip())
        elif line.startswith("+"):
            mutations[-1].new.append(line[1:].strip())
        elif line and not line.startswith("#"):
            raise RuntimeError(f"{FILE}:{number}: expected a line that begins with '=', '-', '+' or '#'")
    return mutations


def apply(mutation, text):
    """The RTL with the mistake in it."""
    lines = text.splitlines()
    stripped = [line.strip() for line in lines]
    size = len(mutation.old)
    places = [i for i in range(len(lines)) if stripped[i:i + size] == mutation.old]
    if len(places) != 1:
        raise RuntimeError(f"{mutation.block}: what '{mutation.what}' is to change occurs {len(places)} times, expected once: "
                 f"bring {FILE.relative_to(ROOT)} up to date")
    lines[places[0]:places[0] + size] = mutation.new
    return "\n".join(lines) + "\n"
