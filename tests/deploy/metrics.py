#!/usr/bin/env python3
"""metrics.py PROGRAM: a loader loads a small sample and is scraped by a real Prometheus. promtool finds nothing to say about
its metrics, and Prometheus evaluates every expression of the dashboard and of the alerts; each metric that they name is there.
One table is held and one directory has no table, so that these panels have something to show."""
import json
import re
import subprocess
import sys
import urllib.parse

import yaml
from support import ROOT, check, environment, directory, free_port, get, loader, process, require, small_sample, wait_for

require("promtool", "prometheus")
program = sys.argv[1]


def expressions():
    board = json.loads((ROOT / "deploy/grafana/dashboards/paper-engine-orders.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$job", ".+").replace("$__rate_interval", "1m")
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


with directory() as path:
    small_sample(program, path / "sample")
    (path / "sample/dbo/nowhere").mkdir()
    (path / "sample/dbo/nowhere/LOAD00000001.csv.gz").write_bytes(b"")
    port, web = free_port(), free_port()
    settings = environment(SOURCE=f"bucket_path={path}/sample", DATA_DIR=path / "data", METRICS_ADDRESS=f"127.0.0.1:{port}",
                           MIN_SLEEP="1", MAX_SLEEP="1")
    (path / "prometheus.yml").write_text(
        "global: {scrape_interval: 500ms, scrape_timeout: 500ms}\nscrape_configs:\n  - job_name: paper-engine-orders\n"
        f"    static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n")
    with open(path / "log", "w") as log, process([program], env=settings, stdout=log, stderr=log), \
            process(["prometheus", f"--config.file={path}/prometheus.yml", f"--storage.tsdb.path={path}/tsdb",
                     f"--web.listen-address=127.0.0.1:{web}"], stdout=log, stderr=log):
        wait_for("the end of the load", lambda: re.search(
            r"^paper_engine_orders_last_success_timestamp_seconds [1-9]", get(f"http://127.0.0.1:{port}/metrics") or "", re.M))
        (path / "sample/dbo/orders/20991231-000000000.csv.gz").write_bytes(b"no gzip data")
        wait_for("a held table", lambda: re.search(
            r'^paper_engine_orders_held_tables{entity="orders"} 1', get(f"http://127.0.0.1:{port}/metrics") or "", re.M))
        text = get(f"http://127.0.0.1:{port}/metrics")
        tool = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        check(tool.returncode == 0, "promtool check metrics: " + tool.stdout + tool.stderr)

        def ask(expression):
            reply = get(f"http://127.0.0.1:{web}/api/v1/query?query=" + urllib.parse.quote(expression))
            return None if reply is None else json.loads(reply)["data"]["result"]

        wait_for("a scrape", lambda: ask("count_over_time(paper_engine_orders_leader[1m]) > 2"))
        wait_for("a scrape of the held table", lambda: ask('count_over_time(paper_engine_orders_held_table_info[1m]) > 2'))
        scraped = set(re.findall(r"^([a-z0-9_]+)(?:{| )", text, re.M))
        named, count = set(), 0
        for title, expression in expressions():
            check(ask(expression) is not None, f"{title}: Prometheus refuses {expression}")
            named |= set(re.findall(r"\b(?:paper_engine_orders|process)_[a-z0-9_]+", expression))
            count += 1
        check(named <= scraped, f"expressions name metrics that the loader doesn't have: {sorted(named - scraped)}")
        # What must show something after a load, and would be empty with a wrong label.
        for expression in (e for t, e in expressions() if t in ("State", "Backlog", "Rows read per second", "Delivery duration",
                                                                "Time per step", "Memory and CPU",
                                                                "Held tables and reasons", "Ignored objects by reason",
                                                                "Lag of loaded files", "Held and quarantined by table",
                                                                "Age of the newest loaded change by table",
                                                                "Waiting for locks", "PaperEngineOrdersHeld")):
            check(ask(expression), f"nothing is shown for {expression}")
        check(ask("no_such_metric[") is None, "Prometheus must refuse what is no expression")
    print(f"{count} expressions over {len(named)} metrics.")
