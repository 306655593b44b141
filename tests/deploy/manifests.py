#!/usr/bin/env python3
"""manifests.py PROGRAM: what deploy/ says about the program is true: every variable that a manifest sets is one of the
program's, secrets are files, images have a version, the pod is hardened, each alert has its runbook, and the Dockerfile's run-time
packages are those that the program links."""
import re
import subprocess
import sys

import yaml
from support import ROOT, check, loader, require

require("dpkg-query", "readelf")
program = sys.argv[1]
code, sample = loader(program, "--config-sample")
check(code == 0, sample)
known = set(re.findall(r"^#?([A-Z_]+)=", sample, re.M))
check({"SOURCE", "TARGET_FILE", "METRICS_ADDRESS"} <= known, f"the settings list is {known}")
secret = {name.removesuffix("_FILE") for name in known if name in ("SOURCE_FILE", "TARGET_FILE", "NATS_FILE")}


def variables(names, where):
    unknown = set(names) - known
    check(not unknown, f"{where} names unknown variables: {sorted(unknown)}")


for directory in ("docker", "citus"):
    path = f"deploy/{directory}/compose.yaml"
    compose = yaml.safe_load((ROOT / path).read_text())
    variables(compose["services"]["loader"]["environment"], path)
    for name, service in compose["services"].items():
        check("healthcheck" in service or service["restart"] == "no", f"{path}: {name} has no healthcheck")
        check(re.search(r":(?!latest)|^paper-engine-orders:latest$", service["image"]), f"{name}: an image without version")
        for entry in service.get("volumes", []):
            source = entry.split(":")[0]
            check(source in compose["volumes"] or (ROOT / "deploy" / directory / source).exists(), f"{name}: no {source}")
        for variable, value in service.get("environment", {}).items():
            check("PASSWORD" not in variable or "_FILE" in variable, f"{path}: {variable} holds a secret")
        for entry in service.get("secrets", []):
            check(entry in compose["secrets"], f"{name}: secret {entry} is not declared")
        for port in service.get("ports", []):
            check(port.startswith("127.0.0.1:"), f"{name}: port {port} is open to everybody")

dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
variables(re.findall(r"\b([A-Z_]{4,})=", "".join(re.findall(r"^ENV (.*)$", dockerfile, re.M))), "Dockerfile")


def containers(kind):
    pod = kind["spec"]["jobTemplate"]["spec"]["template"]["spec"] if kind["kind"] == "CronJob" else kind["spec"]["template"]["spec"]
    check(pod["securityContext"]["runAsNonRoot"] is True, "the pod may run as root")
    check(pod["automountServiceAccountToken"] is False, "the pod has a token")
    return pod, pod["containers"]


for path in ("kubernetes/deployment.yaml", "kubernetes-run-once/cronjob.yaml"):
    pod, inside = containers(yaml.safe_load((ROOT / "deploy" / path).read_text()))
    for one in inside:
        variables([e["name"] for e in one["env"]], path)
        check(not secret & {e["name"] for e in one["env"]}, f"{path}: a secret in the environment")
        hard = one["securityContext"]
        check(hard["readOnlyRootFilesystem"] and not hard["allowPrivilegeEscalation"]
              and hard["capabilities"]["drop"] == ["ALL"], f"{path}: not hardened")
        mounts = {m["mountPath"] for m in one["volumeMounts"]}
        for e in one["env"]:
            if e["name"].endswith("_FILE") or e["name"] == "DATA_DIR":
                check(any(e["value"].startswith(m) for m in mounts), f"{path}: {e['name']} is in no volume")
variables(yaml.safe_load((ROOT / "deploy/kubernetes/configmap.yaml").read_text())["data"], "configmap.yaml")
cmake = (ROOT / "CMakeLists.txt").read_text()
version = re.search(r"^project\(\S+ VERSION (\S+)", cmake, re.M).group(1) + re.search(r"^set\(PEO_VERSION \$\{PROJECT_VERSION\}(\S*)\)", cmake, re.M).group(1)
for path in ("kubernetes", "kubernetes-run-once"):
    text = (ROOT / "deploy" / path / "kustomization.yaml").read_text()
    check(f"newTag: {version}}}" in text, f"{path}/kustomization.yaml: not version {version}")

# Each alert leads to its runbook, and each runbook is one of an alert.
rules = [rule for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"] for rule in group["rules"]]
headings = set(re.findall(r"^### (PaperEngineOrders\w+)$", (ROOT / "docs/operations.md").read_text(), re.M))
check(headings == {rule["alert"] for rule in rules}, "deploy/prometheus/alerts.yml and the runbooks of docs/operations.md differ")
for rule in rules:
    check(rule["annotations"]["runbook_url"].endswith(f"/operations.md{{{{ end }}}}#{rule['alert'].lower()}"), f"{rule['alert']}: another's runbook")

# The libraries that the program needs, by the Debian packages that hold them. Those of the compiler come by themselves.
needed = re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(["readelf", "-d", program], capture_output=True, text=True).stdout)
check(needed, "readelf finds no libraries")
needed = {n for n in needed if not re.match(r"lib(asan|ubsan|tsan)\.|ld-linux", n)}
listed = subprocess.run(["dpkg-query", "-S", *(f"*/{n}" for n in needed)], capture_output=True, text=True).stdout
owners = {}
for line in listed.splitlines():
    package, path = line.split(": ", 1)
    if re.match(r"(/usr)?/lib/(\w+-linux-gnu/)?[^/]+$", path):
        owners[path.rsplit("/", 1)[1]] = package.split(":")[0]
check(needed <= set(owners), f"no package has {sorted(needed - set(owners))}")
linked = set(owners.values())
packages = re.search(r"--no-install-recommends \\\n(.*?)&& rm", dockerfile, re.S).group(1).replace("\\", "").split()
missing = linked - set(packages) - {"libc6", "libgcc-s1"}
spare = set(packages) - linked - {"ca-certificates", "tzdata"}
check(not missing, f"the Dockerfile installs no {sorted(missing)}")
check(not spare, f"the Dockerfile installs {sorted(spare)}, which the program doesn't link")
# docs/dependencies.md says what each of them is for.
told = set(re.findall(r"`(lib[a-z0-9.+-]+|zlib1g)`", (ROOT / "docs/dependencies.md").read_text().split("## Updating")[0]))
told = {name for name in told if not name.endswith(".so")}  # a file that is loaded at run time
compilers = {"libc6", "libgcc-s1", "libstdc++6"}
check(told == linked - compilers, f"docs/dependencies.md and what is linked differ in {sorted(told ^ (linked - compilers))}")
print(f"{len(known)} variables, {len(linked)} linked packages.")
