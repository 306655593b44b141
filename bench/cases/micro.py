"""Parts of the loader alone (Google Benchmark, bench/micro): inflate, parse, each encoder, and the compaction of changes. One
core, in memory."""
import json
import subprocess


def run(bench):
    preset = "dev" if bench.quick else "release"
    subprocess.run([bench.root / "scripts/build", preset, "micro"], check=True)
    found = []
    for part in ("decode", "encode", "compaction"):
        program = bench.root / f"build/{preset}/bench/micro/{part}_bench"
        command = [program, "--benchmark_format=json", f"--benchmark_min_time={0.02 if bench.quick else 0.2}"]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for measured in said["benchmarks"]:
            name = measured["name"].removeprefix("measure/").replace("_", " ")
            kept = {key: measured[key] for key in ("per_value", "bytes_per_second") if key in measured}
            found.append({"name": name, "cpu": measured["cpu_time"], "unit": measured["time_unit"], **kept})
    bench.say(f"{len(found)} parts")
    bench.save("micro", {"parts": found})
