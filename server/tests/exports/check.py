"""Loads every table of a release with the libraries that researchers use, as they would: no code of ours.

    check.py PALATE SITE

PALATE is the server's program, SITE a folder with `packs` to vote on. Two releases of simulated votes are made, with a person
who stops publishing between them; the second one is loaded.
"""

import csv
import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

import datasets
import duckdb
import mlcroissant
import pandas
import yaml

JUDGMENTS = 2500
PREFIX = "simulated-"
TEXT = datasets.Value("string")


def palate(program: str, *arguments: str) -> None:
    subprocess.run([program, *arguments], check=True, env={**os.environ, "RUST_LOG": "error"})


def make_releases(program: str, site: str, data: pathlib.Path) -> pathlib.Path:
    palate(program, "demo-data", "--data-dir", str(data), "--site", site, "--judgments", str(JUDGMENTS), "--seed", "5")

    def build(name: str) -> pathlib.Path:
        out = data / "releases" / name
        palate(program, "release", "build", "--data-dir", str(data), "--out", str(out), "--cut-day", "2026-12-31", "--simulated-only")
        palate(program, "release", "verify", str(out))
        return out

    build("r1")
    with sqlite3.connect(data / "palate.db") as database:
        (person,) = database.execute("SELECT user_id FROM judgment_heads GROUP BY user_id ORDER BY COUNT(*) DESC LIMIT 1").fetchone()
        database.execute(
            "INSERT INTO consents (id, user_id, purpose, granted, text_version, locale, at_ms)"
            " VALUES ('zzzz', ?, 'publish_votes', 0, '1', 'en', 0)",
            (person,),
        )
    database.close()
    return build("r2")


def card(folder: pathlib.Path) -> dict:
    """The front matter: what the Hub reads."""
    text = (folder / f"{PREFIX}README.md").read_text()
    _, front, _ = text.split("---\n", 2)
    return yaml.safe_load(front)


def load(folder: pathlib.Path, name: str, kind: str, cache: str) -> datasets.Dataset:
    file = str(folder / f"{PREFIX}{name}.{'jsonl' if kind == 'json' else kind}")
    return datasets.load_dataset(kind, data_files=file, split="train", cache_dir=cache)


def check_tables(folder: pathlib.Path, cache: str) -> dict[str, datasets.Dataset]:
    """Every table loads from Parquet and from JSONL in `datasets`, pandas and DuckDB, with the rows that the list states."""
    release = json.loads((folder / f"{PREFIX}release.json").read_text())
    assert release["simulated"] is True
    configs = {config["config_name"]: config["data_files"] for config in card(folder)["configs"]}
    tables = {}
    for table in release["tables"]:
        name, rows = table["name"], table["rows"]
        assert rows > 0, f"{name} is empty: the check would prove nothing"
        assert configs[name] == f"{PREFIX}{name}.parquet"
        loaded = load(folder, name, "parquet", cache)
        lines = load(folder, name, "json", cache)
        assert len(loaded) == len(lines) == rows, name
        assert set(loaded.column_names) == set(lines.column_names), name
        frame = pandas.read_parquet(folder / f"{PREFIX}{name}.parquet")
        assert len(frame) == rows
        [(counted,)] = duckdb.sql(f"SELECT COUNT(*) FROM '{folder}/{PREFIX}{name}.parquet'").fetchall()
        [(from_lines,)] = duckdb.sql(f"SELECT COUNT(*) FROM read_json('{folder}/{PREFIX}{name}.jsonl')").fetchall()
        assert counted == from_lines == rows, name
        assert all(row for row in loaded["licence"]) if "licence" in loaded.column_names else name == "tombstones"
        tables[name] = loaded
    assert set(configs) == set(tables)
    return tables


def check_trl(tables: dict[str, datasets.Dataset]) -> None:
    """TRL, "Dataset formats and types": preference with explicit prompt, and unpaired preference."""
    pairs = tables["pairs_trl"]
    assert [pairs.features[column] for column in ("prompt", "chosen", "rejected")] == [TEXT] * 3
    assert all(row["prompt"] and row["chosen"] and row["rejected"] for row in pairs)
    assert all(row["chosen_id"] != row["rejected_id"] for row in pairs)
    unpaired = tables["unpaired_kto"]
    assert [unpaired.features[column] for column in ("prompt", "completion")] == [TEXT] * 2
    assert unpaired.features["label"] == datasets.Value("bool")
    assert set(unpaired["label"]) == {True, False}


def check_other_layouts(tables: dict[str, datasets.Dataset]) -> None:
    bench = tables["rewardbench2"]
    assert bench.features["chosen"] == bench.features["rejected"] == datasets.List(TEXT)
    for row in bench:
        assert len(row["chosen"]) == row["num_correct"] and len(row["rejected"]) == row["num_incorrect"]
        assert row["num_correct"] + row["num_incorrect"] == row["total_completions"] == len(row["models"])
    assert set(tables["arena"]["winner"]) <= {"model_a", "model_b", "tie", "tie (bothbad)"}
    for row in tables["rankings"]:
        assert len(row["responses"]) == len(row["ranks"]) and row["ranks"] == sorted(row["ranks"]) and row["ranks"][0] == 1


def check_joins(folder: pathlib.Path) -> None:
    """Tables fit together, and splits are disjoint in people and in prompts."""
    file = lambda name: f"'{folder}/{PREFIX}{name}.parquet'"
    nothing = {
        "votes without their prompt": f"""SELECT * FROM {file("votes")} ANTI JOIN {file("prompts")} USING (items_sha256, prompt_id)""",
        "answers shown without their text": f"""
            SELECT * FROM (SELECT items_sha256, prompt_id, UNNEST(shown) AS response_id FROM {file("votes")})
            ANTI JOIN {file("responses")} USING (items_sha256, prompt_id, response_id)""",
        "votes without their rater": f"""SELECT * FROM {file("votes")} ANTI JOIN {file("raters")} USING (rater_id)""",
        "forecasts without their vote": f"""SELECT * FROM {file("predictions")} ANTI JOIN {file("votes")} USING (row_id)""",
        "dropped rows that are still there": f"""SELECT * FROM {file("tombstones")} SEMI JOIN {file("votes")} USING (row_id)""",
        "raters in two splits": f"""
            SELECT rater_id FROM {file("votes")} GROUP BY ALL HAVING COUNT(DISTINCT rater_split) > 1""",
        "prompts in two splits": f"""
            SELECT pack, prompt_id FROM {file("votes")} GROUP BY ALL HAVING COUNT(DISTINCT prompt_split) > 1""",
        "asked on a prompt of another split, or known from one": f"""
            WITH episodes AS (
                SELECT split, 'query' AS side, UNNEST(query) AS row_id FROM {file("per_user_episodes")}
                UNION ALL SELECT split, 'support', UNNEST(support) FROM {file("per_user_episodes")}
            )
            SELECT * FROM episodes JOIN {file("votes")} USING (row_id)
            WHERE rater_split != split OR prompt_split != CASE side WHEN 'query' THEN split ELSE 'train' END""",
        "cells of fewer than ten people": f"""
            SELECT votes_bucket, days_bucket FROM {file("raters")} GROUP BY ALL HAVING COUNT(*) < 10""",
    }
    for what, query in nothing.items():
        found = duckdb.sql(query).limit(3).fetchall()
        assert found == [], f"{what}: {found}"
    [(days,)] = duckdb.sql(f"SELECT typeof(day) FROM {file('votes')} LIMIT 1").fetchall()
    assert days == "DATE"
    [(splits,)] = duckdb.sql(f"SELECT COUNT(DISTINCT split) FROM {file('per_user_episodes')}").fetchall()
    assert splits == 3


def check_croissant(folder: pathlib.Path, tables: dict[str, datasets.Dataset]) -> None:
    path = folder / f"{PREFIX}croissant.json"
    dataset = mlcroissant.Dataset(jsonld=str(path))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors, issues.report()
    document = json.loads(path.read_text())
    assert "http://mlcommons.org/croissant/1.1" in document["conformsTo"]
    files = document["distribution"]
    assert len(files) == 2 * len(tables) + 1
    for file in files:
        assert hashlib.sha256((folder / file["contentUrl"]).read_bytes()).hexdigest() == file["sha256"]
    for name, table in tables.items():
        record = next(iter(dataset.records(record_set=name)))
        expected = table[0]
        assert set(record) == {f"{name}/{column}" for column in expected}
        text = next(column for column, kind in table.features.items() if kind == TEXT)
        assert record[f"{name}/{text}"].decode() == expected[text]


def check_folders(program: str, folder: pathlib.Path, scratch: str) -> None:
    """A release with folders is read in place, and only the folders that are asked for."""
    large = pathlib.Path(scratch) / "large"
    build = ["--out", str(large), "--cut-day", "2026-12-31", "--simulated-only", "--partitioned"]
    palate(program, "release", "build", "--data-dir", f"{scratch}/data", *build)
    palate(program, "release", "verify", str(large))
    dataset = mlcroissant.Dataset(jsonld=str(large / f"{PREFIX}croissant.json"))
    assert not dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.report()
    whole = lambda name: f"'{folder}/{PREFIX}{name}.parquet'"
    parts = lambda name: f"read_parquet('{large}/{PREFIX}{name}/**/*.parquet', hive_partitioning = true)"
    configs = {config["config_name"]: config["data_files"] for config in card(large)["configs"]}
    for name in ["votes", "predictions", "pairs_trl", "unpaired_kto", "rankings", "arena", "rewardbench2"]:
        counts = duckdb.sql(f"SELECT (SELECT COUNT(*) FROM {whole(name)}), (SELECT COUNT(*) FROM {parts(name)})").fetchall()
        assert counts[0][0] == counts[0][1] > 0, f"{name}: {counts}"
        frame = pandas.read_parquet(large / f"{PREFIX}{name}", partitioning=None)
        assert len(frame) == counts[0][0], name
        loaded = datasets.load_dataset("parquet", data_files=str(large / configs[name]), split="train", cache_dir=f"{scratch}/cache")
        assert len(loaded) == counts[0][0], name
        assert next(iter(dataset.records(record_set=name))), name
    same = f"SELECT * FROM {whole('votes')} EXCEPT SELECT * FROM {parts('votes')}"
    assert duckdb.sql(same).fetchall() == []
    days = duckdb.sql(f"SELECT day, pack, COUNT(*) FROM {parts('votes')} GROUP BY ALL ORDER BY ALL").fetchall()
    assert len(days) > 1, "one folder would prove nothing"
    day, pack, count = days[0]
    asked = f"SELECT * FROM {parts('votes')} WHERE day = '{day}' AND pack = '{pack}'"
    assert len(duckdb.sql(asked).fetchall()) == count
    [(_, plan)] = duckdb.sql(f"EXPLAIN ANALYZE {asked}").fetchall()
    assert f"Scanning Files: 1/{len(days)}" in plan, plan


def check_sample(folder: pathlib.Path) -> None:
    with open(folder / f"{PREFIX}sample.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1000
    assert all(row["prompt"] and row["shown_1"] and row["shown_2"] for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert len(pandas.read_csv(folder / f"{PREFIX}sample.csv")) == 1000


def main() -> None:
    _, program, site = sys.argv
    with tempfile.TemporaryDirectory() as scratch:
        folder = make_releases(program, site, pathlib.Path(scratch) / "data")
        tables = check_tables(folder, f"{scratch}/cache")
        check_trl(tables)
        check_other_layouts(tables)
        check_joins(folder)
        check_croissant(folder, tables)
        check_sample(folder)
        check_folders(program, folder, scratch)
    print(f"{len(tables)} tables load in datasets, pandas, DuckDB and mlcroissant")


main()
