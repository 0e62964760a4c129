"""Takes the generated calls where random data cannot go: one person with consents, ballots, real packs and votes.

Well-formed calls get real values in three of four cases; calls that are meant to be refused stay as they were made.
Counts every call by operation and status, and writes the counts to $PALATE_SCHEMA_COUNTS.
"""

import atexit
import collections
import json
import os
import random
import uuid

import requests
import schemathesis

BASE = os.environ["PALATE_SCHEMA_URL"]
SEED = os.environ["PALATE_SCHEMA_SEED"]
RANDOM = random.Random(SEED)
COUNTS: collections.Counter = collections.Counter()
# Comparisons and current judgments that are remembered.
MOST_KEPT = 64


def new_uuid():
    return str(uuid.UUID(int=RANDOM.getrandbits(128), version=4))


class Person:
    """The one behind all calls. Whoever was removed is followed by somebody new."""

    def __init__(self):
        manifests = requests.get(f"{BASE}/api/v1/packs").json()["packs"]
        self.questions = []
        for pack in manifests:
            items = next(file["name"] for file in pack["files"] if file["role"] == "items")
            content = requests.get(f"{BASE}/packs/{pack['id']}/{items}").json()
            for prompt in content["prompts"]:
                ids = [response["id"] for response in prompt["responses"]]
                self.questions.append((pack["id"], prompt["id"], ids))
        self.files = [
            (release["id"], file["name"])
            for release in requests.get(f"{BASE}/api/v1/releases").json()["releases"]
            for file in [*release["files"], {"name": "release.json"}, {"name": "SHA256SUMS"}]
        ]
        self.gone = set()
        self.begin()

    def begin(self):
        answer = requests.post(f"{BASE}/api/v1/session", json={})
        assert answer.status_code == 201, answer.text
        self.token = answer.cookies["sid"]
        self.ballots, self.comparisons, self.judgments = [], {}, {}
        self.code, self.etag = None, '"none"'
        self.generation = None
        self.consent()

    def call(self, method, path, body):
        answer = requests.request(method, f"{BASE}/api/v1{path}", json=body, cookies={"sid": self.token})
        assert answer.ok, f"{method} {path}: {answer.text}"
        return answer.json()

    def consent(self):
        for purpose in ("sync", "publish_votes"):
            body = {"granted": True, "text_version": "1", "locale": "en"}
            self.call("PUT", f"/consents/{purpose}", body)
        self.agrees = True

    def comparison(self):
        """Records a showing when none is open."""
        if not self.comparisons:
            body = new_comparison()
            self.comparisons[self.call("POST", "/comparisons", body)["id"]] = body["shown"]

    def vote(self):
        """Votes when no vote is current."""
        if not self.judgments:
            self.comparison()
            comparison, shown = self.comparisons.popitem()
            stored = self.call("POST", f"/comparisons/{comparison}/judgments", new_judgment(shown))
            self.judgments[stored["id"]] = shown

    def some_generation(self):
        """Starts a generation when none was."""
        if not self.generation:
            body = new_generation()
            del body["model"]
            self.generation = self.call("POST", "/generate", body)["id"]
        return self.generation

    def end_generation(self):
        """Stops the last one: a person has two at once."""
        if self.generation:
            stopped = requests.post(
                f"{BASE}/api/v1/comparisons/{self.generation}/stop", json={}, cookies={"sid": self.token}
            )
            assert stopped.status_code in (204, 404), stopped.text

    def ended_generation(self):
        generation = self.some_generation()
        self.end_generation()
        # It has said so a moment later; its stream ends then.
        requests.get(f"{BASE}/api/v1/comparisons/{generation}/stream", cookies={"sid": self.token}, timeout=30)
        return generation

    def recovery_code(self):
        if not self.code:
            self.code = self.call("POST", "/me/recovery", None)["code"]
        return self.code

    def ballot(self):
        if not self.ballots:
            self.ballots = self.call("POST", "/ballots", {"count": 50})["ballots"]
        return self.ballots.pop()


@schemathesis.auth(refresh_interval=None)
class Session:
    """Sends the session's cookie."""

    def get(self, case, context):
        return PERSON.token

    def set(self, case, data, context):
        case.cookies["sid"] = data


def remember(kept, key, value):
    kept[key] = value
    if len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]


def judgment(shown):
    order = RANDOM.sample(shown, len(shown))
    outcome = RANDOM.choice(["ranked", "ranked", "equal", "all_unacceptable", "cant_tell", "skip"])
    groups = {"ranked": [[one] for one in order], "equal": [order]}.get(outcome, [])
    return {
        "outcome": outcome,
        "groups": groups,
        "unacceptable": order if outcome == "all_unacceptable" else [],
    }


def new_comparison():
    pack, prompt, ids = RANDOM.choice(PERSON.questions)
    shown = RANDOM.sample(ids, RANDOM.randint(2, min(len(ids), 4)))
    return {
        "id": new_uuid(),
        "pack": pack,
        "prompt": prompt,
        "shown": shown,
        "policy": "uniform_random",
        "propensity": RANDOM.uniform(0.001, 1),
        "blind": True,
    }


def new_generation():
    pack, prompt, ids = RANDOM.choice(PERSON.questions)
    return {
        "id": new_uuid(),
        "model": None,
        "prompt": {"pack": {"pack": pack, "prompt": prompt}},
        "task": "answer",
        "candidates": RANDOM.randint(1, 3),
        "default_answer": RANDOM.random() < 0.5,
        "steering": {},
    }


def new_judgment(shown):
    forecast = {"method": "eb", "weights": "0", "p_first": RANDOM.random(), "margin_sd": RANDOM.random(), "n_fit": 1}
    return {
        "ballot": PERSON.ballot(),
        "idempotency_key": new_uuid(),
        "judgment": judgment(shown),
        "predictions": [forecast],
        "dwell_ms": 1000,
    }


def known(kept, given):
    """The id that was generated when it is a real one (from a link), else a remembered one."""
    return given if given in kept else RANDOM.choice(list(kept))


def record_comparison(case):
    policy = case.body.get("policy")
    case.body.update(new_comparison(), blind=case.body["blind"], policy=policy)
    case.body.pop("repeat_of", None)
    if policy == "repeat":
        case.body["repeat_of"] = new_uuid()


def judge_comparison(case):
    PERSON.comparison()
    comparison = known(PERSON.comparisons, case.path_parameters["id"])
    case.path_parameters["id"] = comparison
    case.body.update(new_judgment(PERSON.comparisons[comparison]), dwell_ms=case.body["dwell_ms"])


def revise_judgment(case):
    PERSON.vote()
    current = known(PERSON.judgments, case.path_parameters["id"])
    case.path_parameters["id"] = current
    said = judgment(PERSON.judgments[current]) if RANDOM.random() < 0.8 else None
    case.body.update(judgment=said, idempotency_key=new_uuid())


def generate(case):
    PERSON.end_generation()
    case.body.update(new_generation())
    del case.body["model"]


def stop_generation(case):
    case.path_parameters["id"] = PERSON.some_generation()
    case.body.pop("pane", None)


def reveal_generation(case):
    case.path_parameters["id"] = PERSON.ended_generation()


def publish_conversation(case):
    # The library's answers are public already, so it is refused; a random id would only be unknown.
    case.path_parameters["id"] = PERSON.ended_generation()


def stream_generation(case):
    # Ended, so that the stream ends as well.
    case.path_parameters["id"] = PERSON.ended_generation()


def keep_blind_test(case):
    case.body.update(generation=new_uuid(), method="eb", candidates=RANDOM.randint(1, 8))


def write_profile(case):
    for name in ("If-Match", "If-None-Match"):
        case.headers.pop(name, None)
    name, value = RANDOM.choice([("If-Match", PERSON.etag), ("If-Match", "*"), ("If-None-Match", "*")])
    case.headers[name] = value


def read_profile(case):
    case.headers["If-None-Match"] = PERSON.etag


def remove_profile(case):
    case.headers["If-Match"] = RANDOM.choice([PERSON.etag, "*"])


def enter_by_recovery_code(case):
    case.body["code"] = PERSON.recovery_code()


def issue_ballots(case):
    case.body["count"] = RANDOM.randint(1, 50)


def read_release_file(case):
    case.path_parameters["id"], case.path_parameters["file"] = RANDOM.choice(PERSON.files)
    if RANDOM.random() < 0.5:
        case.headers["Range"] = f"bytes={RANDOM.randint(0, 40)}-{RANDOM.randint(0, 400)}"


def read_release_part(case):
    """There is none in a small release: names that could be one."""
    case.path_parameters["id"] = RANDOM.choice(PERSON.files)[0]
    case.path_parameters["day"] = "day=2026-11-23"


PERSON = Person()
REAL = {
    maker.__name__: maker
    for maker in (
        record_comparison,
        judge_comparison,
        revise_judgment,
        generate,
        stop_generation,
        reveal_generation,
        publish_conversation,
        stream_generation,
        keep_blind_test,
        write_profile,
        read_profile,
        remove_profile,
        enter_by_recovery_code,
        issue_ballots,
        read_release_file,
        read_release_part,
    )
}
# Withdrawn consents are given again before these, most of the time.
WITH_CONSENT = {"record_comparison", "judge_comparison", "revise_judgment", "keep_blind_test", "write_profile"}


def operation_id(case):
    return case.operation.definition.raw.get("operationId", "")


@schemathesis.hook
def before_call(context, case, kwargs):
    name = operation_id(case)
    # The same case goes the same way again: Hypothesis ends a scenario that it cannot replay, and with it all others.
    way = random.Random(repr((SEED, name, case.path_parameters, case.query, case.body)))
    if case.cookies.get("sid") in PERSON.gone:
        case.cookies["sid"] = PERSON.token
    if name == "start_session" and way.random() < 0.5:
        case.cookies.pop("sid", None)
    is_whole = case.meta is not None and case.meta.generation.mode.is_positive
    if is_whole and case.method.upper() == case.operation.method.upper() and way.random() < 0.75:
        if name in WITH_CONSENT and not PERSON.agrees:
            PERSON.consent()
        if name in REAL:
            REAL[name](case)


@schemathesis.hook
def after_call(context, case, response):
    name, status = operation_id(case), response.status_code
    if case.method.upper() != case.operation.method.upper():
        name = "other methods"
    COUNTS[f"{name} {status}"] += 1
    if status >= 300 or "Cookie" not in response.request.headers:
        return
    if name == "remove_person":
        PERSON.gone.add(PERSON.token)
        PERSON.begin()
    elif name == "record_comparison":
        remember(PERSON.comparisons, response.json()["id"], case.body["shown"])
    elif name in ("judge_comparison", "revise_judgment"):
        stored = response.json()
        PERSON.comparisons.pop(stored["comparison"], None)
        PERSON.judgments.pop(stored["supersedes"], None)
        remember(PERSON.judgments, stored["id"], stored["shown"])
    elif name == "generate":
        PERSON.generation = response.json()["id"]
    elif name == "give_consent":
        PERSON.agrees = PERSON.agrees and response.json()["granted"]
    elif name == "new_recovery_code":
        PERSON.code = response.json()["code"]
    elif "ETag" in response.headers:
        PERSON.etag = response.headers["ETag"]


@atexit.register
def write_counts():
    with open(os.environ["PALATE_SCHEMA_COUNTS"], "w", encoding="utf-8") as file:
        json.dump(COUNTS, file)
