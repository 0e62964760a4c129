"""The proxy against a server of the OpenAI protocol that is not ours: llama.cpp's, over a small model with random weights.

Needs the built server in $PALATE_BIN; `cargo xtask soak independent` says where it is. Ends with an error when anything
comes out otherwise than it must.
"""

import http.client
import importlib.metadata
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

import model

HERE = pathlib.Path(__file__).parent
NAME = "tiny-random"
# Most tokens of an answer that is heard to its end, and of one that is not.
OUTPUT_TOKENS = {"tiny": 300, "tiny-long": 4000}
CHECKS = []


def check(what, holds, found=""):
    CHECKS.append(holds)
    print(f"{'ok' if holds else 'WRONG':>5}  {what}{f': {found}' if found != '' else ''}", flush=True)


class Palate:
    """The built server with one model in its catalogue, and one person."""

    def __init__(self, home, base_url):
        self.home = home
        site = home / "site"
        site.mkdir()
        (site / "index.html").write_text("<!doctype html><title>Palate</title>")
        models = home / "models.toml"
        models.write_text(
            f"""
[allow]
hosts = ["127.0.0.1"]
"""
            + "".join(
                f"""
[[models]]
id = "{name}"
name = "Tiny"
base_url = "{base_url}/v1"
upstream = "{NAME}"
licence = "CC0-1.0"
retention = "nothing"
context_tokens = 16384
output_tokens = {tokens}
input_price_micro = 1000000
output_price_micro = 1000000
event_is_token = true
capabilities = {{ stream = true, n = true, seed = true, logprobs = true }}
"""
                for name, tokens in OUTPUT_TOKENS.items()
            )
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [os.environ["PALATE_BIN"], "serve", "--port", str(self.port), "--pow-bits", "0"]
        command += ["--data-dir", home / "data", "--site", site, "--models", models]
        self.process = subprocess.Popen(command, env={**os.environ, "RUST_LOG": "warn"})
        self.cookie = ""
        for _ in range(200):
            try:
                if self.call("GET", "/healthz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", "/api/v1/session", "{}", {"content-type": "application/json"})
        self.cookie = connection.getresponse().headers["set-cookie"].split(";")[0]

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"content-type": "application/json", "cookie": self.cookie}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text.startswith((b"{", b"[")) else None

    def begin(self, prompt, candidates=1, default_answer=False, name="tiny"):
        body = {"id": str(uuid.uuid4()), "model": name, "prompt": {"text": prompt}}
        body |= {"candidates": candidates, "default_answer": default_answer}
        status, said = self.call("POST", "/api/v1/generate", body)
        return status, said, body["id"]

    def listen(self, generation):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", f"/api/v1/comparisons/{generation}/stream", headers={"cookie": self.cookie})
        return connection, connection.getresponse()

    def ledger(self, generation):
        database = sqlite3.connect(f"file:{self.home}/data/palate.db?mode=ro", uri=True)
        columns = "state, settled_micro, input_tokens, output_tokens, is_estimated, finish"
        for _ in range(100):
            rows = database.execute(f"SELECT {columns} FROM ledger WHERE generation = ?", (generation,)).fetchall()
            if rows and all(row[0] != "reserved" for row in rows):
                return rows
            time.sleep(0.05)
        return rows


def events(response):
    for line in response:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def whole(palate, prompt, **more):
    status, said, generation = palate.begin(prompt, **more)
    if status >= 300:
        return said, {}, {}, generation
    texts, ends = {}, {}
    for event in events(palate.listen(generation)[1]):
        if event["type"] == "delta":
            texts[event["pane"]] = texts.get(event["pane"], "") + event["text"]
        elif event["type"] == "done":
            ends[event["pane"]] = event["finish"]
    return said, texts, ends, generation


def ask_server(base_url, path, body=None):
    host, port = base_url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    headers = {"content-type": "application/json"}
    connection.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body), headers)
    return json.loads(connection.getresponse().read())


def at_work(base_url):
    return sum(slot["is_processing"] for slot in ask_server(base_url, "/slots"))


def idle_after(base_url):
    begin = time.monotonic()
    while at_work(base_url) and time.monotonic() < begin + 5:
        time.sleep(0.01)
    return time.monotonic() - begin


def checks(palate, base_url, server):
    # It is probed at the start; what is claimed and not found is taken back.
    time.sleep(3)
    listed = palate.call("GET", "/api/v1/models")[1]["models"][0]
    check("the model is available", listed["state"] == "available", listed["capabilities"])
    check("no address is in the list", base_url not in json.dumps(listed) and NAME not in json.dumps(listed))

    said, texts, ends, generation = whole(palate, "Which bread is good?", candidates=4, default_answer=True)
    check("five answers are written", sorted(ends) == [0, 1, 2, 3, 4], ends)
    check("each has text", all(len(texts.get(pane, "")) > 20 for pane in ends), {pane: len(text) for pane, text in texts.items()})
    check("each ends well", set(ends.values()) <= {"stop", "length"})
    rows = palate.ledger(generation)
    settled = [row[0] == "settled" and row[1] == row[2] + row[3] for row in rows]
    check("each is paid", len(rows) == 5 and all(settled), rows)
    check("as the server counted it", all(row[4] == 0 for row in rows))
    # A token of this model is a word; what says that the answer ends is one too.
    words = sorted(len(texts[pane].split()) for pane in texts)
    tokens = sorted(row[3] for row in rows)
    near = all(0 <= told - written <= 1 for told, written in zip(tokens, words))
    check("which is what was written", len(words) == 5 and near, words)

    _, _, generation = palate.begin("Speak until you are stopped", name="tiny-long")
    connection, response = palate.listen(generation)
    heard = next(event for event in events(response) if event["type"] == "delta")
    busy = at_work(base_url)
    status, _ = palate.call("POST", f"/api/v1/comparisons/{generation}/stop", {})
    took = idle_after(base_url)
    finish = next(event["finish"] for event in events(response) if event["type"] == "done")
    check("an answer is stopped", status == 204 and finish == "stopped_early" and busy == 1, f"{heard['text']!r}, {finish}")
    check("the server stops working within a second", took < 1, f"{took * 1000:.0f} ms")
    check("what was written is paid", palate.ledger(generation)[0][0] == "settled", palate.ledger(generation))

    _, _, generation = palate.begin("Speak until I leave", name="tiny-long")
    connection, response = palate.listen(generation)
    next(events(response))
    response.close()
    connection.close()
    took = idle_after(base_url)
    check("who leaves ends the work within a second", took < 1, f"{took * 1000:.0f} ms")
    check("and pays for what was written", palate.ledger(generation)[0][5] == "stopped_early", palate.ledger(generation))

    said, _, ends, _ = whole(palate, "word " * 1600)
    check("a prompt that is too long for the model has an answer of its own", "code" in said or ends[0] == "upstream_failed", said if "code" in said else ends)

    server.send_signal(signal.SIGKILL)
    server.wait()
    said, _, ends, _ = whole(palate, "Is anybody there?")
    gone = said.get("code") == "model_unavailable" or ends.get(0) == "unreachable"
    check("a server that is gone is called unreachable", gone, said if "code" in said else ends)
    state = palate.call("GET", "/api/v1/models")[1]["models"][0]["state"]
    check("and is shown as such", state == "unreachable", state)


def main():
    version = importlib.metadata.version("xllamacpp")
    print(f"llama.cpp's server, xllamacpp {version}, over a model with random weights")
    with tempfile.TemporaryDirectory(prefix="palate-independent-") as folder:
        home = pathlib.Path(folder)
        model.write(home / "tiny.gguf")
        command = [sys.executable, HERE / "serve.py", home / "tiny.gguf", NAME]
        log = (home / "server.log").open("w")
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        base_url = server.stdout.readline().strip()
        palate = Palate(home, base_url)
        try:
            checks(palate, base_url, server)
        finally:
            palate.process.kill()
            server.kill()
    print(f"\n{sum(CHECKS)} of {len(CHECKS)} as they must be")
    sys.exit(not all(CHECKS))


if __name__ == "__main__":
    main()
