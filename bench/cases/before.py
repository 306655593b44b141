"""The loader against an earlier program (--before PROGRAM) with a bucket in a directory, in turn: a full load, the change files,
and the tiny files. Left out without --before."""
from dataclasses import asdict, replace

from harness import templates
from harness.full_load import FullLoad
from harness.measure import in_turn, quietest

from cases.changes import LOADER, Changes
from cases.tiny_files import TinyFiles

NOW, BEFORE = "this program", "the earlier program"


def run(bench):
    if bench.before is None:
        bench.say("skipped: no --before PROGRAM.")
        return
    benches = {NOW: bench, BEFORE: replace(bench, loader=bench.before, by_loader="by_earlier_loader")}
    full = in_turn(bench, {name: FullLoad(one, templates.TABLE).loader(name) for name, one in benches.items()})
    tiny = in_turn(bench, {name: TinyFiles(one).loader for name, one in benches.items()})
    runs = {"full load": full, "tiny files": tiny}
    cases = {name: Changes(one) for name, one in benches.items()}
    for number in range(bench.rounds):
        for name in cases if number % 2 == 0 else reversed(cases):
            case = cases[name]
            for size, run in quietest(case.visit(LOADER, case.chains(LOADER)[0]), bench.tries):
                runs.setdefault(f"{size:,} changes", {}).setdefault(name, []).append(asdict(run))
    bench.save("before", {"runs": runs, "versions": {name: one.loader.version() for name, one in benches.items()}})
