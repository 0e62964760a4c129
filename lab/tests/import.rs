//! Every importer on a small part of its source, or on all of it where the repository has it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use palate_lab::data::{self, Dataset, Part};
use palate_lab::import::{Imported, Kind, Options, import};
use palate_lab::protocol::{Cell, Shares, split};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/import")
        .join(name)
}

fn read(kind: Kind, folder: &Path) -> Imported {
    import(kind, folder, &Options::default()).expect("a good source")
}

/// People, items, prompts, pairs, ties.
fn counts(data: &Dataset) -> [usize; 5] {
    [
        data.users.len(),
        data.items.len(),
        data.prompts.len(),
        data.pairs.len(),
        data.pairs.iter().filter(|pair| pair.tie).count(),
    ]
}

fn round_trip(data: &Dataset) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    data.write(folder.path()).expect("writes");
    let again = data::read(folder.path()).expect("reads back");
    assert!(again == *data, "{} reads back otherwise", data.about.id);
}

/// A copy of a folder of plain files, one of them with its line `at` (from 1) replaced.
fn broken(folder: &Path, file: &str, at: usize, line: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary folder");
    copy_folder(folder, copy.path());
    let path = copy.path().join(file);
    let text = std::fs::read_to_string(&path).expect("is text");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[at - 1] = line;
    std::fs::write(&path, lines.join("\n")).expect("a temporary folder");
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("is a folder") {
        let entry = entry.expect("is readable");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("a temporary folder");
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a temporary folder");
        }
    }
}

fn refused(kind: Kind, folder: &Path) -> String {
    let error = import(kind, folder, &Options::default()).expect_err("a line is bad");
    format!("{error:#}")
}

#[test]
fn persona_has_four_cells_and_names_a_bad_line() {
    let imported = read(Kind::Persona, &fixture("persona"));
    let data = &imported.data;
    // 20 people who train with 40 + 20 + 40 pairs, 10 who do not with 64 + 40, in each of six groups.
    assert_eq!(counts(data), [180, 60, 0, 6 * (20 * 100 + 10 * 104), 0]);
    assert_eq!(
        imported
            .report
            .left("statements that the persona would not say"),
        12
    );
    let trained: HashSet<usize> = data
        .pairs
        .iter()
        .filter(|pair| pair.split == Some(Part::Train))
        .flat_map(|pair| [pair.chosen, pair.rejected])
        .collect();
    assert_eq!(trained.len(), 42, "70 % of 60 statements train");
    for pair in &data.pairs {
        let group = |id: &str| id.split('-').next().map(str::to_owned);
        let of = |item: usize| group(&data.items[item].id);
        assert_eq!(of(pair.chosen), group(&data.users[pair.user].id));
        assert_ne!(of(pair.rejected), of(pair.chosen));
    }
    let cells = split(data, &Shares::default(), 1).expect("splits").cells;
    for cell in Cell::ALL {
        assert!(!cells[&cell].is_empty(), "nobody is tested on {cell:?}");
    }
    assert_eq!(
        read(Kind::Persona, &fixture("persona")).data,
        *data,
        "a seed gives one data set"
    );
    round_trip(data);
    let folder = broken(
        &fixture("persona"),
        "interest-in-math.jsonl",
        3,
        "{\"statement\": \"I like it\"}",
    );
    let error = refused(Kind::Persona, folder.path());
    assert!(
        error.contains("interest-in-math.jsonl, line 3: missing field"),
        "{error}"
    );
}

#[test]
fn polis_draws_pairs_that_the_votes_imply() {
    let source = root().join("data/polis-bowling-green");
    let imported = read(Kind::Polis, &source);
    let data = &imported.data;
    let [people, items, prompts, pairs, ties] = counts(data);
    assert_eq!((items, prompts, ties), (607, 1, 0));
    assert_eq!(
        people
            + imported.report.left("people with fewer than 20 votes")
            + imported
                .report
                .left("people who only agree or only disagree")
            + imported
                .report
                .left("people who neither agree nor disagree with anything"),
        2031
    );
    assert!(
        people > 1_200 && pairs > 100_000,
        "{people} people, {pairs} pairs"
    );
    let distinct: HashSet<_> = data
        .pairs
        .iter()
        .map(|pair| (pair.user, pair.chosen, pair.rejected))
        .collect();
    assert_eq!(distinct.len(), pairs, "a pair is drawn once");
    // Nobody agrees and disagrees with one statement.
    let agreed: HashSet<_> = data
        .pairs
        .iter()
        .map(|pair| (pair.user, pair.chosen))
        .collect();
    assert!(
        data.pairs
            .iter()
            .all(|pair| !agreed.contains(&(pair.user, pair.rejected)))
    );
    let other = Options {
        seed: 2,
        pairs: 10,
        ..Options::default()
    };
    let other = import(Kind::Polis, &source, &other).expect("a good source");
    assert!(other.data.pairs.len() <= 10 * people && other.data.pairs[..5] != data.pairs[..5]);
    round_trip(&other.data);
}

#[test]
fn polis_names_a_bad_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a temporary folder");
    };
    // The second statement has a line break in it, so the third row starts on line 5.
    write(
        "comments.csv",
        "comment-id,moderated,comment-body\n0,1,More trees\n1,1,\"Fewer\ncars\"\n2,-1,Spam\n3,maybe,Bikes\n",
    );
    write(
        "participants-votes.csv",
        "participant,0,1,2\n7,1,-1,1\n8,2,,\n9,1\n",
    );
    let error = refused(Kind::Polis, folder.path());
    assert!(error.contains("comments.csv, line 6:"), "{error}");
    write(
        "comments.csv",
        "comment-id,moderated,comment-body\n0,1,More trees\n1,1,\"Fewer\ncars\"\n2,-1,Spam\n",
    );
    let error = refused(Kind::Polis, folder.path());
    assert!(
        error.contains("participants-votes.csv, line 3: the vote on statement 0 is \"2\"")
            && error.contains("line 4: it has 2 fields"),
        "{error}"
    );
    write(
        "participants-votes.csv",
        "participant,0,1,2\n7,1,-1,1\n8,0,,1\n",
    );
    let few = Options {
        least_votes: Some(1),
        ..Options::default()
    };
    let imported = import(Kind::Polis, folder.path(), &few).expect("good lines");
    assert_eq!(counts(&imported.data), [1, 2, 1, 1, 0]);
    assert_eq!(
        imported
            .report
            .left("statements that moderators did not accept"),
        1
    );
}

#[test]
fn ukp_keeps_every_vote_and_tie() {
    let imported = read(Kind::Ukp, &root().join("data/ukp-convarg1"));
    assert_eq!(counts(&imported.data), [3_815, 1_052, 32, 84_445, 19_105]);
    assert!(imported.report.left_out.is_empty());
    let data = &imported.data;
    assert!(
        data.pairs
            .iter()
            .all(|pair| data.items[pair.chosen].prompt == data.items[pair.rejected].prompt)
    );
    let busy = Options {
        least_votes: Some(50),
        ..Options::default()
    };
    let busy = import(Kind::Ukp, &root().join("data/ukp-convarg1"), &busy).expect("a good source");
    assert_eq!(busy.data.users.len(), 234);
    round_trip(&busy.data);
}

#[test]
fn ukp_names_a_bad_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        (
            "topics.jsonl",
            "{\"topic_id\":0,\"title\":\"Cats or dogs?\"}\n",
        ),
        (
            "arguments.jsonl",
            "{\"arg_id\":\"a\",\"topic_id\":0,\"stance\":\"cats\",\"text\":\"They purr.\"}\n{\"arg_id\":\"b\",\"topic_id\":0,\"stance\":\"cats\",\"text\":\"They sleep.\"}\n",
        ),
        ("pairs.csv", "pair_id,arg1_id,arg2_id\n0,a,b\n1,a,c\n"),
        (
            "votes.csv",
            "pair_id,worker,vote\n0,w,a2\n1,w,a1\n0,v,both\n",
        ),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a temporary folder");
    }
    let error = refused(Kind::Ukp, folder.path());
    assert!(
        error.contains("votes.csv, line 4: the vote is \"both\""),
        "{error}"
    );
}

#[test]
fn mtbench_has_judges_turns_and_ties() {
    let imported = read(Kind::Mtbench, &fixture("mtbench"));
    let data = &imported.data;
    assert_eq!(counts(data), [31, 24, 4, 94, 55]);
    assert_eq!(
        imported
            .report
            .left("second votes of a judge on the same comparison"),
        1
    );
    let text = |id: &str| {
        let prompt = data.prompts.iter().find(|prompt| prompt.id == id);
        prompt
            .and_then(|prompt| prompt.text.clone())
            .expect("is there")
    };
    assert!(text("104-2").starts_with(&text("104-1")) && text("104-2") != text("104-1"));
    round_trip(data);
    let folder = broken(
        &fixture("mtbench"),
        "votes/human.jsonl",
        2,
        "{\"judge\":\"author_2\",\"model_a\":\"gpt-5\",\"model_b\":\"gpt-4\",\"question_id\":104,\"turn\":1,\"winner\":\"tie\"}",
    );
    let error = refused(Kind::Mtbench, folder.path());
    assert!(
        error.contains("human.jsonl, line 2: answers/gpt-5.jsonl lacks turn 1 of question 104"),
        "{error}"
    );
}

#[test]
fn pandalm_takes_true_as_a_word_and_leaves_out_empty_answers() {
    let imported = read(Kind::Pandalm, &fixture("pandalm"));
    let data = &imported.data;
    // Six pairs of three votes are left of eight; `true` twice says "similar".
    assert_eq!(counts(data)[0], 3);
    assert_eq!(counts(data)[3..], [18, 2]);
    assert_eq!(
        imported
            .report
            .left("pairs with an empty answer, of three votes each"),
        2
    );
    assert_eq!(imported.report.changed[0].count, 3);
    assert!(
        data.items
            .iter()
            .any(|item| item.text.as_deref() == Some("true"))
    );
    round_trip(data);
    let folder = broken(
        &fixture("pandalm"),
        "testset-v1.json",
        3,
        "        \"idx\": \"zero\",",
    );
    let error = refused(Kind::Pandalm, folder.path());
    assert!(error.contains("line 3 column"), "{error}");
}

#[test]
fn a_release_gives_its_pairs_by_rater() {
    let imported = read(Kind::Release, &fixture("release"));
    let data = &imported.data;
    // Two of ann, a tie and two of bob, one of cat on another text of the same answer.
    assert_eq!(counts(data), [3, 6, 2, 7, 2]);
    let left: Vec<(&str, usize)> = imported
        .report
        .left_out
        .iter()
        .map(|noted| (noted.why.as_str(), noted.count))
        .collect();
    assert_eq!(
        left,
        [
            ("skipped questions", 1),
            ("votes that cannot tell", 1),
            ("votes that accept no answer", 1),
            ("votes that ask an earlier question again", 1),
            ("votes that failed the checks of the release", 1),
            (
                "pairs with an answer whose text is not in pairs_trl.jsonl",
                1
            ),
        ]
    );
    assert_eq!(data.pairs[0].context.as_deref(), Some("tone, length"));
    assert!(
        data.items
            .iter()
            .any(|item| item.id.starts_with("starter/p001-a@"))
    );
    round_trip(data);
    let folder = broken(&fixture("release"), "votes.jsonl", 4, "{\"schema\":2}");
    let error = refused(Kind::Release, folder.path());
    assert!(
        error.contains("votes.jsonl, line 4: missing field"),
        "{error}"
    );
}

#[test]
fn a_missing_file_says_what_to_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for kind in [
        Kind::Persona,
        Kind::Polis,
        Kind::Ukp,
        Kind::Mtbench,
        Kind::Pandalm,
        Kind::Release,
    ] {
        let error = refused(kind, folder.path());
        assert!(
            error.contains(&folder.path().display().to_string()) || error.contains("--source"),
            "{kind:?}: {error}"
        );
    }
}
