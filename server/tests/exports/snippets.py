"""Runs every snippet that the page of a release shows, against a release that the server offers over HTTP.

    snippets.py PALATE SITE SNIPPETS

PALATE is the server's program, SITE a folder with `packs` to vote on, SNIPPETS a JSON list of what the page shows: `id`, `format`
and `text`, for a `release` at https://palate.example: `r2`, or `r3`, where tables of votes are folders; `table` where it is for one
only, else the text says TABLE. Only releases of people's votes are offered, so the votes of programs are passed off as theirs in a
database of their own.

TRL's trainers need a deep-learning framework, which is not installed: such a snippet is run up to the data that it hands to the
trainer, and the data is held against the types that TRL documents under "Dataset formats and types".
"""

import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

JUDGMENTS = 1500
ORIGIN = "https://palate.example"
TRAINER = "\nfrom trl import "
TRL = {
    "trl_dpo": {"prompt": "string", "chosen": "string", "rejected": "string"},
    "trl_kto": {"prompt": "string", "completion": "string", "label": "bool"},
}


def palate(program: str, *arguments: str) -> None:
    subprocess.run([program, *arguments], check=True, env={**os.environ, "RUST_LOG": "error"})


def make_releases(program: str, site: str, data: pathlib.Path) -> dict[str, int]:
    """Releases, with a person who stops publishing after the first; the rows of each table of the second, and of the third, whose
    tables of votes are folders."""
    palate(program, "demo-data", "--data-dir", str(data), "--site", site, "--judgments", str(JUDGMENTS), "--seed", "7")
    with sqlite3.connect(data / "palate.db") as database:
        database.execute("UPDATE comparisons SET simulated = 0")
    database.close()

    def build(name: str, *more: str) -> pathlib.Path:
        out = data / "releases" / name
        palate(program, "release", "build", "--data-dir", str(data), "--out", str(out), "--cut-day", "2026-12-31", *more)
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
    release = json.loads((build("r2") / "release.json").read_text())
    build("r3", "--partitioned")
    return {table["name"]: table["rows"] for table in release["tables"]}


def make_site(site: pathlib.Path, scratch: pathlib.Path) -> str:
    """Packs, and pages that nobody opens."""
    made = scratch / "site"
    made.mkdir()
    (made / "packs").symlink_to(site.resolve() / "packs")
    for page in ("index.html", "app.html"):
        (made / page).write_text("<!doctype html>")
    return str(made)


def serve(program: str, site: str, data: pathlib.Path) -> tuple[subprocess.Popen, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [program, "serve", "--port", str(port), "--data-dir", str(data), "--site", site]
    server = subprocess.Popen(arguments, env={**os.environ, "RUST_LOG": "error"})
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/healthz").close()
            return server, url
        except OSError:
            time.sleep(0.1)
    server.kill()
    sys.exit("the server did not answer")


def rows_of_file(path: pathlib.Path) -> int:
    import pyarrow.parquet

    if path.is_dir():
        return sum(map(rows_of_file, path.rglob("*.parquet")))
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_metadata(path).num_rows
    return len(path.read_text().splitlines())


def run_shell(text: str, file: pathlib.Path) -> int:
    subprocess.run(["bash", "-euc", text], check=True, stderr=subprocess.DEVNULL)
    return rows_of_file(file)


def run_python(text: str) -> object:
    names = {}
    exec(compile(text, "snippet", "exec"), names)
    return names["data"]


def expected_for_training(folder: pathlib.Path, table: str) -> int:
    lines = (folder / f"{table}.jsonl").read_text().splitlines()
    rows = map(json.loads, lines)
    return sum(row["rater_split"] == row["prompt_split"] == "train" for row in rows)


def check(snippet: dict, table: str, url: str, rows: dict[str, int], folder: pathlib.Path) -> None:
    text = snippet["text"].replace(ORIGIN, url).replace("TABLE", table)
    if snippet["id"].startswith("curl"):
        file = table if snippet["release"] == "r3" else f"{table}.{snippet['format']}"
        found, expected = run_shell(text, pathlib.Path(file)), rows[table]
    elif snippet["id"] in TRL:
        before, cut, _ = text.partition(TRAINER)
        assert cut, "the snippet names no trainer"
        data = run_python(before)
        kinds = {name: feature.dtype for name, feature in data.features.items()}
        assert kinds == TRL[snippet["id"]], kinds
        found, expected = len(data), expected_for_training(folder, table)
        assert expected > 0, "nothing to train on would prove nothing"
    else:
        data = run_python(text)
        found = data.shape[0] if hasattr(data, "shape") else len(data)
        expected = rows[table]
    assert found == expected, f"{found} rows, not {expected}"


def main() -> None:
    _, program, site, list_of_snippets = sys.argv
    snippets = json.loads(pathlib.Path(list_of_snippets).read_text())
    with tempfile.TemporaryDirectory() as scratch:
        data = pathlib.Path(scratch) / "data"
        os.environ["HF_HOME"] = f"{scratch}/cache"
        rows = make_releases(program, site, data)
        assert all(rows.values()), f"a table is empty, the check would prove nothing: {rows}"
        server, url = serve(program, make_site(pathlib.Path(site), pathlib.Path(scratch)), data)
        folders = [path.name for path in (data / "releases/r3").iterdir() if path.is_dir()]
        assert folders, "no table is in folders"
        runs = []
        for snippet in snippets:
            tables = folders if snippet["release"] == "r3" else rows
            runs += [(snippet, table) for table in ([snippet["table"]] if snippet["table"] else tables)]
        try:
            for snippet, table in runs:
                with tempfile.TemporaryDirectory() as here:
                    os.chdir(here)
                    try:
                        check(snippet, table, url, rows, data / "releases/r2")
                    except Exception as problem:
                        sys.exit(f"{snippet['id']}, {table}, {snippet['format']}: {problem!r}\n{snippet['text']}")
                    finally:
                        os.chdir(scratch)
        finally:
            server.terminate()
            server.wait()
    print(f"{len(runs)} snippets load their tables from a server")


main()
