#!/usr/bin/env python3
"""Writes docs/third-party.md from the lock file: every crate in the program, with its version and licence."""
import json
import subprocess
from pathlib import Path

root = Path(__file__).parent.parent
metadata = json.loads(
    subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout
)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}


def reached(kinds):
    """Ids of the crates that the program reaches over dependencies of these kinds."""
    todo, seen = [metadata["resolve"]["root"]], set()
    while todo:
        for dep in nodes[todo.pop()]["deps"]:
            if dep["pkg"] not in seen and any(kind["kind"] in kinds for kind in dep["dep_kinds"]):
                seen.add(dep["pkg"])
                todo.append(dep["pkg"])
    return seen


lines = [
    "# Third-party crates",
    "",
    "Made by `tools/third-party.py` from `Cargo.lock`; those built into the program on Linux, build-time crates included.",
    "",
    "| crate | version | licence |",
    "|---|---|---|",
]
for package in sorted((packages[i] for i in reached({None, "build"})), key=lambda p: (p["name"], p["version"])):
    lines.append(f"| {package['name']} | {package['version']} | {package['license'] or 'see its files'} |")
(root / "docs" / "third-party.md").write_text("\n".join(lines) + "\n")
