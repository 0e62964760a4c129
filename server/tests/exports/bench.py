"""Time and memory of a release, and of DuckDB writing the same tables to Parquet on the same machine in the same run.

    bench.py PALATE SITE [JUDGMENTS …]

`palate release build` reads the database, makes pseudonyms, sorts, joins texts and writes JSONL, Parquet, sums, card and
Croissant. DuckDB is given the finished JSONL and writes Parquet of it, and nothing else: same rows, same compression, same row
groups. The release is built twice, and both must have the same bytes.
"""

import os
import pathlib
import shutil
import sys
import tempfile
import time

ROW_GROUP = 65_536
MIB = 1024 * 1024


def measured(*arguments: str) -> tuple[float, float, float]:
    """Seconds, seconds of processor, and the most MiB that were resident."""
    start = time.monotonic()
    pid = os.posix_spawn(arguments[0], arguments, {**os.environ, "RUST_LOG": "error"})
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(arguments)}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / MIB


def duckdb_writes(release: str, out: str) -> None:
    import duckdb

    database = duckdb.connect()
    for path in sorted(pathlib.Path(release).glob("*.jsonl")):
        if path.stat().st_size == 0:
            continue
        database.execute(
            f"COPY (SELECT * FROM read_json('{path}', format = 'newline_delimited')) TO '{out}/{path.stem}.parquet'"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )


def size(folder: pathlib.Path, kind: str) -> float:
    return sum(path.stat().st_size for path in folder.rglob(f"*.{kind}")) / MIB


def measure(program: str, site: str, judgments: int, scratch: pathlib.Path) -> None:
    data = scratch / "data"
    demo = measured(program, "demo-data", "--data-dir", str(data), "--site", site, "--judgments", str(judgments), "--seed", "1")
    build = [program, "release", "build", "--data-dir", str(data), "--id", "bench", "--cut-day", "2026-12-31", "--simulated-only"]
    first, second = scratch / "first", scratch / "second"
    built = measured(*build, "--out", str(first))
    sums = (first / "simulated-SHA256SUMS").read_bytes()
    measured(*build, "--out", str(second))
    if (second / "simulated-SHA256SUMS").read_bytes() != sums:
        sys.exit("the same database gave other bytes")
    shutil.rmtree(second)
    folders = scratch / "folders"
    partitioned = measured(*build, "--partitioned", "--out", str(folders))
    checked = measured(program, "release", "verify", str(folders))
    files = sum(1 for _ in folders.rglob("*.parquet"))
    parquet = size(folders, "parquet")
    shutil.rmtree(folders)
    verified = measured(program, "release", "verify", str(first))
    (scratch / "duckdb").mkdir()
    duckdb = measured(sys.executable, __file__, "--duckdb", str(first), str(scratch / "duckdb"))
    for what, (seconds, processor, peak) in [
        ("demo-data", demo),
        ("build", built),
        ("verify", verified),
        ("in folders", partitioned),
        ("verify", checked),
        ("DuckDB", duckdb),
    ]:
        print(f"{judgments:>9}  {what:<10} {seconds:>8.1f} s  {processor:>8.1f} s  {peak:>8.0f} MiB")
    print(
        f"{judgments:>9}  files: JSONL {size(first, 'jsonl'):.1f} MiB, Parquet {size(first, 'parquet'):.1f} MiB,"
        f" in folders {parquet:.1f} MiB in {files} files, DuckDB's Parquet {size(scratch / 'duckdb', 'parquet'):.1f} MiB;"
        f" time of build over DuckDB {built[0] / duckdb[0]:.2f}, memory {built[2] / duckdb[2]:.2f}",
        flush=True,
    )
    if max(built[2], partitioned[2]) > 512:
        sys.exit("the release took more than 512 MiB")


def main() -> None:
    program, site, *sizes = sys.argv[1:]
    print(f"{'judgments':>9}  {'':<10} {'time':>10}  {'processor':>10}  {'resident':>12}")
    for judgments in [int(text) for text in sizes] or [10_000, 100_000, 1_000_000]:
        with tempfile.TemporaryDirectory(dir=os.environ.get("PALATE_SCRATCH")) as scratch:
            measure(program, site, judgments, pathlib.Path(scratch))


if sys.argv[1] == "--duckdb":
    duckdb_writes(sys.argv[2], sys.argv[3])
else:
    main()
