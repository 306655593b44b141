#!/usr/bin/env python3
"""kubernetes.py DIRECTORY: the manifests against the schemas of Kubernetes' published API, which the npm package
kubernetes-models carries (made from the API's OpenAPI document). DIRECTORY takes the npm packages. Without npm or its registry: skipped."""
import json
import pathlib
import shutil
import subprocess
import sys

import yaml
from support import ROOT, check, require

require("node", "npm")
here, work = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])
work.mkdir(parents=True, exist_ok=True)
for name in ("package.json", "package-lock.json", "validate.js"):
    shutil.copy(here / name, work / name)
stamp = work / "node_modules/.installed-from"
lock = (here / "package-lock.json").read_text()
if not stamp.exists() or stamp.read_text() != lock:
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(npm, cwd=work).returncode != 0:
        print("Skipped: no npm registry can be reached.")
        sys.exit(77)
    stamp.write_text(lock)


def problems(documents):
    ran = subprocess.run(["node", "validate.js"], cwd=work, input=json.dumps(documents), capture_output=True, text=True)
    check(ran.returncode == 0, ran.stderr)
    return json.loads(ran.stdout)


documents = []
for directory in ("kubernetes", "kubernetes-run-once"):
    base = ROOT / "deploy" / directory
    custom = yaml.safe_load((base / "kustomization.yaml").read_text())
    for name in custom["resources"]:
        check((base / name).exists(), f"{directory}/kustomization.yaml: there is no {name}")
        if name.endswith(".yaml"):
            documents.append(yaml.safe_load((base / name).read_text()))
    left = {p.name for p in base.glob("*.yaml")} - set(custom["resources"]) - {"kustomization.yaml"}
    check(not left, f"{directory}/kustomization.yaml forgets {sorted(left)}")
found = problems(documents)
check(found == [], "\n".join(found))

# The check must be able to fail: a wrong type, a wrong value of a container, an unknown kind. (The schemas
# say nothing of fields that they don't know: a misspelled one is not found.)
deployment = next(d for d in documents if d["kind"] == "Deployment")
for path, value in ((("spec", "replicas"), "two"), (("spec", "template", "spec", "containers", 0, "ports"), 9464),
                    (("kind",), "Deploiment")):
    wrong = json.loads(json.dumps(deployment))
    at = wrong
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    check(problems([wrong]), f"a wrong {path} is not found")
print(f"{len(documents)} manifests follow the schemas.")
