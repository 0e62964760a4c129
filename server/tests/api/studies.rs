//! Studies: validation, assignment, the whole life of one, and what stays out of what.

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::http::Method;
use palate_server::release::{build, verify};
use palate_shared::api::studies::{
    SourceReport, StudyCreated, StudyNext, StudyPage, StudyQuestion,
};
use palate_shared::event::Policy;
use palate_shared::routes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use crate::release::{self, rows};
use crate::studying::*;
use crate::support::{Fixture, OPERATOR};

#[tokio::test]
async fn operators_need_their_token_and_without_one_there_is_no_such_route() {
    let fixture = Fixture::new().await;
    let ann = fixture.contributor().await;
    for wrong in ["", "Bearer ", "Bearer wrong", "Basic b3A=", OPERATOR] {
        for client in [&fixture.stranger(), &ann] {
            client
                .call(
                    Method::GET,
                    routes::STUDIES,
                    &[("authorization", wrong)],
                    None,
                )
                .await
                .problem(401, "operator_token_required");
        }
    }
    let closed = Fixture::with(|config| config.operator_token = None).await;
    operate(&closed, Method::GET, routes::STUDIES, None)
        .await
        .problem(404, "not_found");
    let limited = Fixture::with(|config| {
        config.limits.limit_operator = crate::support::rate("3/hour");
    })
    .await;
    for _ in 0..3 {
        limited
            .stranger()
            .get(routes::STUDIES)
            .await
            .problem(401, "operator_token_required");
    }
    operate(&limited, Method::GET, routes::STUDIES, None)
        .await
        .problem(429, "rate_limited");
}

#[tokio::test]
async fn a_study_lives_from_its_file_to_its_release() {
    let fixture = Fixture::new().await;
    let id = open(&fixture, 2, json!({"overlap": 3})).await;
    let mut people = vec![];
    for _ in 0..3 {
        people.push(participant(&fixture, &id).await);
    }
    // On one pair all agree, on the other one of three does not.
    for (at, client) in people.iter().enumerate() {
        for _ in 0..2 {
            let asked = question(client, &id).await;
            assert_eq!(
                question(client, &id).await.id,
                asked.id,
                "the same until it is judged"
            );
            let letter = if asked.prompt == "Q1?" && at == 2 {
                'y'
            } else {
                'x'
            };
            let reply = judge(client, &asked, prefers(&asked, letter)).await;
            assert_eq!(reply.status, 201, "{reply:?}");
        }
        assert_eq!(next(client, &id).await, StudyNext::Done);
    }
    let seen = progress(&fixture, &id).await;
    assert_eq!(
        (seen.first_votes, seen.votes_needed, seen.open_questions),
        (6, 6, 0)
    );
    assert_eq!((seen.study.votes, seen.study.people), (6, 3));
    let bins: Vec<_> = seen
        .histogram
        .iter()
        .map(|bin| (bin.votes, bin.comparisons))
        .collect();
    assert_eq!(bins, [(0, 0), (1, 0), (2, 0), (3, 2)]);
    // By hand: of 6 values 5 are x and 1 is y. Observed: the second unit has 2 · 2 · 1 / (3 − 1) = 2 of 6; expected
    // 2 · 5 · 1 / (6 − 1) = 2 of 6. Alpha is 1 − (2/6) / (2/6) = 0; agreement (1 + 1/3) / 2.
    let alpha = seen.agreement.alpha.expect("is defined");
    assert!(alpha.value.abs() < 1e-12 && alpha.low <= alpha.value && alpha.value <= alpha.high);
    let percent = seen.agreement.percent.expect("is defined");
    assert!((percent.value - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!((seen.agreement.comparisons, seen.agreement.votes), (2, 6));
    assert_eq!(seen.days.len(), 1);
    set(&fixture, &id, json!({"state": "closed"})).await;
    assert_eq!(next(&people[0], &id).await, StudyNext::Closed);

    let (general, _) = release::release(&fixture, "general").await;
    assert_eq!(
        general.votes, 0,
        "a study's votes are not of the general release"
    );
    let study = async |name: &str| {
        let out = fixture.state.releases_dir().join(name);
        let mut config = release::config(&fixture, out.clone(), name);
        config.study = Some(id.clone());
        (build(&config).await.expect("is built"), out)
    };
    let (first, dir) = study("study-1").await;
    assert_eq!((first.votes, first.raters, first.pairs), (6, 3, 6));
    assert_eq!(
        first.study.as_ref().map(|study| study.as_str()),
        Some(id.as_str())
    );
    assert_eq!(verify(&dir).expect("is read"), []);
    let card = std::fs::read_to_string(dir.join("README.md")).expect("is read");
    for part in [
        "# Palate study preferences study-1",
        "\n    # G\n",
        "\n    I agree.\n",
        "| people wanted for each comparison | 3 |",
        "| choice of questions | `least_annotated`, any comparison with the probability 0.1 |",
        "Participants of one study",
    ] {
        assert!(card.contains(part), "{part}\n{card}");
    }
    assert!(!card.contains("isitors"), "nobody just came by\n{card}");
    agree(&people[1], &id, false).await;
    let (second, dir) = study("study-2").await;
    assert_eq!((second.votes, second.raters), (4, 2));
    assert_eq!(rows(&dir.join("tombstones.jsonl")).len(), 2);
    assert_eq!(verify(&dir).expect("is read"), []);
}

#[tokio::test]
async fn a_release_of_a_study_that_is_not_there_is_refused_and_leaves_nothing() {
    let fixture = Fixture::new().await;
    let out = fixture.state.releases_dir().join("none");
    let mut config = release::config(&fixture, out.clone(), "none");
    config.study = Some("study-none".to_owned());
    let error = build(&config).await.expect_err("there is no such study");
    assert!(error.to_string().contains("study-none"), "{error}");
    assert!(!out.exists());
}

#[tokio::test]
async fn a_study_is_read_without_a_session() {
    let fixture = Fixture::new().await;
    let id = open(&fixture, 3, json!({})).await;
    let page: StudyPage = fixture
        .stranger()
        .get(&at(routes::STUDY, &id))
        .await
        .parse();
    assert!(page.is_open && page.consent.is_none() && page.own_votes == 0);
}

#[tokio::test]
async fn nothing_is_asked_before_consent_and_nothing_of_others_can_be_judged() {
    let fixture = Fixture::new().await;
    let id = open(&fixture, 3, json!({})).await;
    let (ann, bob) = (participant(&fixture, &id).await, fixture.person().await);
    bob.call(Method::POST, &at(routes::STUDY_NEXT, &id), &[], None)
        .await
        .problem(403, "consent_required");
    let wrong = json!({"granted": true, "text_version": "other"});
    bob.call(
        Method::PUT,
        &at(routes::STUDY_CONSENT, &id),
        &[],
        Some(wrong),
    )
    .await
    .problem(422, "consent_invalid");
    let asked = question(&ann, &id).await;
    judge(&bob, &asked, prefers(&asked, 'x'))
        .await
        .problem(404, "not_found");
    agree(&ann, &id, false).await;
    judge(&ann, &asked, prefers(&asked, 'x'))
        .await
        .problem(403, "consent_required");
    let draft = json!({"settings": settings(json!({})), "source": {"format": "jsonl", "content": lines(1)}});
    let made: StudyCreated = operate(&fixture, Method::POST, routes::STUDIES, Some(draft))
        .await
        .parse();
    let draft = made.study.expect("is made").id.0;
    ann.get(&at(routes::STUDY, &draft))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn nobody_is_asked_twice_but_for_repeats_which_swap_sides() {
    let fixture = Fixture::new().await;
    let id = open(&fixture, 12, json!({"repeats": 0.5})).await;
    let ann = participant(&fixture, &id).await;
    let mut seen: HashMap<String, StudyQuestion> = HashMap::new();
    let mut repeats = HashSet::new();
    while let StudyNext::Question(asked) = next(&ann, &id).await {
        assert_eq!(asked.is_repeat, asked.policy == Policy::Repeat);
        assert!(asked.propensity > 0.0 && asked.propensity <= 1.0);
        let reply = judge(&ann, &asked, prefers(&asked, 'x')).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        if asked.is_repeat {
            let before = &seen[&asked.prompt];
            let swapped: Vec<_> = asked.responses.iter().rev().collect();
            assert_eq!(before.responses.iter().collect::<Vec<_>>(), swapped);
            assert!(repeats.insert(asked.prompt.clone()));
        } else {
            assert!(seen.insert(asked.prompt.clone(), asked).is_none());
        }
    }
    assert_eq!(seen.len(), 12);
    assert!(!repeats.is_empty());
    let progress = progress(&fixture, &id).await;
    assert_eq!(progress.first_votes, 12);
    let repeats = repeats.len() as u64;
    assert_eq!(
        (progress.repeats.votes, progress.repeats.same),
        (repeats, repeats)
    );
}

#[tokio::test]
async fn twenty_people_at_once_keep_to_the_overlap() {
    let fixture = Fixture::new().await;
    let id = open(&fixture, 6, json!({"overlap": 3, "random_floor": 0.5})).await;
    let mut tasks = vec![];
    for _ in 0..20 {
        let client = participant(&fixture, &id).await;
        let id = id.clone();
        tasks.push(tokio::spawn(async move {
            while let StudyNext::Question(asked) = next(&client, &id).await {
                let reply = judge(&client, &asked, prefers(&asked, 'x')).await;
                assert_eq!(reply.status, 201, "{reply:?}");
            }
        }));
    }
    for task in tasks {
        task.await.expect("ends well");
    }
    let progress = progress(&fixture, &id).await;
    let bins: BTreeMap<_, _> = progress
        .histogram
        .iter()
        .map(|bin| (bin.votes, bin.comparisons))
        .collect();
    assert_eq!(bins, BTreeMap::from([(0, 0), (1, 0), (2, 0), (3, 6)]));
}

#[tokio::test]
async fn quotas_end_a_study_for_one_and_for_all() {
    let fixture = Fixture::new().await;
    let id = open(&fixture, 9, json!({"quota_per_person": 2, "quota": 3})).await;
    let (ann, bob) = (
        participant(&fixture, &id).await,
        participant(&fixture, &id).await,
    );
    vote(&ann, &id, 'x').await;
    vote(&ann, &id, 'x').await;
    assert_eq!(next(&ann, &id).await, StudyNext::Done);
    vote(&bob, &id, 'x').await;
    assert_eq!(next(&bob, &id).await, StudyNext::Done);
    set(&fixture, &id, json!({"quota": 0})).await;
    vote(&bob, &id, 'x').await;
}

#[tokio::test]
async fn an_expired_question_frees_its_place_and_is_not_judged() {
    let fixture = Fixture::new().await;
    let id = open(&fixture, 1, json!({"overlap": 1})).await;
    let (ann, bob) = (
        participant(&fixture, &id).await,
        participant(&fixture, &id).await,
    );
    let asked = question(&ann, &id).await;
    assert_eq!(next(&bob, &id).await, StudyNext::Done);
    let expire = async || {
        fixture
            .query("UPDATE study_questions SET expires_at = 1")
            .execute()
            .await
            .expect("is changed")
    };
    expire().await;
    assert_eq!(
        question(&ann, &id).await.id,
        asked.id,
        "kept anew while there is room"
    );
    expire().await;
    judge(&ann, &asked, prefers(&asked, 'x'))
        .await
        .problem(409, "question_expired");
    vote(&bob, &id, 'x').await;
    assert_eq!(next(&ann, &id).await, StudyNext::Done);
}

/// Whether the counts of studies are what reading all votes gives.
async fn counts_are_right(fixture: &Fixture) {
    const VOTES: &str = "FROM study_questions \
         JOIN judgment_heads ON judgment_heads.comparison_id = study_questions.comparison_id \
         JOIN judgments ON judgments.id = judgment_heads.judgment_id AND judgments.withdrawn = 0 GROUP BY study_id";
    for (kept, fresh) in [
        (
            "SELECT study_id, unit, votes, given FROM study_units WHERE given <> 0 OR votes <> 0",
            "SELECT study_id, unit, SUM(CASE WHEN is_repeat = 1 OR outcome = 'skip' THEN 0 ELSE 1 END), COUNT(*)",
        ),
        (
            "SELECT study_id, user_id, given FROM study_people WHERE given <> 0",
            "SELECT study_id, study_questions.user_id, COUNT(*)",
        ),
    ] {
        let by = if kept.contains("unit") {
            "unit"
        } else {
            "study_questions.user_id"
        };
        let fresh = format!("{fresh} {VOTES}, {by}");
        for (one, other) in [(kept, fresh.as_str()), (&fresh, kept)] {
            let differing = format!("({one} EXCEPT {other}) AS differing");
            assert_eq!(fixture.count(&differing).await, 0, "{one} without {other}");
        }
    }
}

#[tokio::test]
async fn votes_are_counted_right_whatever_happens() {
    let fixture = Fixture::new().await;
    let change = json!({"overlap": 40, "repeats": 0.5});
    let studies = [
        // More than anyone gets to: nobody comes to the end of what can be asked again.
        open(&fixture, 60, change.clone()).await,
        open(&fixture, 3, change).await,
    ];
    let newcomer = async || {
        let client = participant(&fixture, &studies[0]).await;
        agree(&client, &studies[1], true).await;
        client
    };
    let mut people = vec![];
    for _ in 0..5 {
        people.push((newcomer().await, vec![]));
    }
    let mut random = StdRng::seed_from_u64(5);
    let (mut revised, mut skipped, mut repeated) = (0, 0, 0);
    for _ in 0..260 {
        let at = random.random_range(0..people.len());
        let (client, given) = &mut people[at];
        let judgment = |shown: &[String; 2], kind: u32| match kind {
            0 => json!({"outcome": "skip", "groups": []}),
            1 => json!({"outcome": "equal", "groups": [shown]}),
            _ => json!({"outcome": "ranked", "groups": [[shown[0]], [shown[1]]]}),
        };
        let kind = random.random_range(0..4);
        match random.random_range(0..40) {
            0 => {
                let gone = client
                    .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
                    .await;
                assert_eq!(gone.status, 200, "{gone:?}");
                people[at] = (newcomer().await, vec![]);
            }
            1..14 if !given.is_empty() => {
                let which = random.random_range(0..given.len());
                let (id, shown): &mut (String, [String; 2]) = &mut given[which];
                let judgment = if random.random_bool(0.4) {
                    json!(null)
                } else {
                    judgment(shown, kind)
                };
                let path = self::at(routes::JUDGMENT, id);
                let body = json!({"idempotency_key": uuid::Uuid::now_v7().to_string(), "judgment": judgment});
                let reply = client.call(Method::PATCH, &path, &[], Some(body)).await;
                assert!(reply.status.is_success(), "{reply:?}");
                *id = reply.value()["id"].as_str().expect("is text").to_owned();
                revised += 1;
            }
            _ => {
                let study = &studies[usize::from(random.random_bool(0.2))];
                let StudyNext::Question(asked) = next(client, study).await else {
                    continue;
                };
                let shown = [0, 1].map(|side| asked.responses[side].id.0.clone());
                let reply = judge(client, &asked, judgment(&shown, kind)).await;
                assert_eq!(reply.status, 201, "{reply:?}");
                let id = reply.value()["id"].as_str().expect("is text").to_owned();
                given.push((id, shown));
                skipped += u32::from(kind == 0);
                repeated += u32::from(asked.is_repeat);
            }
        }
        counts_are_right(&fixture).await;
    }
    assert!(
        revised > 20 && skipped > 10 && repeated > 10,
        "{revised} {skipped} {repeated}"
    );
}

#[tokio::test]
async fn erasure_and_export_cover_studies() {
    let fixture = Fixture::new().await;
    let id = open(&fixture, 3, json!({})).await;
    let ann = participant(&fixture, &id).await;
    vote(&ann, &id, 'x').await;
    question(&ann, &id).await;
    let export = ann.get(routes::ME_EXPORT).await.value();
    assert_eq!(export["events"][0]["pack"], json!(id));
    assert_eq!(export["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(export["unjudged"].as_array().map(Vec::len), Some(1));
    assert_eq!(export["study_consents"][0]["study"], json!(id));
    let gone = ann
        .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    assert_eq!(gone.status, 200, "{gone:?}");
    for table in [
        "study_questions",
        "study_consents",
        "comparisons",
        "judgments",
    ] {
        assert_eq!(fixture.count(table).await, 0, "{table}");
    }
    assert_eq!(progress(&fixture, &id).await.study.votes, 0);
}

async fn checked(fixture: &Fixture, format: &str, content: &str) -> SourceReport {
    let body = json!({"format": format, "content": content});
    let reply = operate(fixture, Method::POST, routes::STUDIES_CHECK, Some(body)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.parse()
}

#[tokio::test]
async fn errors_name_line_and_column_and_store_nothing() {
    let fixture = Fixture::new().await;
    let good = checked(
        &fixture,
        "jsonl",
        "{\"prompt\":[{\"role\":\"user\",\"content\":\"A?\"}],\"chosen\":[{\"role\":\"assistant\",\"content\":\"x\"}],\
         \"rejected\":[{\"role\":\"assistant\",\"content\":\"y\"}]}\n{\"prompt\":\"A?\",\"chosen\":\"z\",\"rejected\":\"x\"}",
    )
    .await;
    assert_eq!(
        (
            good.prompts,
            good.answers,
            good.comparisons,
            good.errors_in_all
        ),
        (1, 3, 3, 0)
    );
    for (format, content, expected) in [
        (
            "jsonl",
            "{\"prompt\":\"A?\",\"chosen\":\"x\",\"rejected\":\"y\"}\nno\n{\"prompt\":\"B?\",\"chosen\":\"x\",\"rejected\":\"x\"}",
            vec![(Some(2), None), (Some(3), Some("rejected"))],
        ),
        (
            "csv",
            "prompt,chosen,rejected\nA?,x,\nB?,x\nC?,\"a\nb\",c\n,x,y\n",
            vec![
                (Some(2), Some("rejected")),
                (Some(3), None),
                (Some(6), Some("prompt")),
            ],
        ),
        (
            "csv",
            "conversation_a,conversation_b,model_a,model_b\n\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"A?\"\"},{\"\"role\"\":\"\"assistant\"\",\"\"content\"\":\"\"x\"\"}]\",y,m,n\n",
            vec![(Some(2), Some("prompt"))],
        ),
        (
            "jsonl",
            "{\"prompt\":\"A?\",\"completion\":\"x\",\"label\":true}",
            vec![(Some(1), Some("completion"))],
        ),
        (
            "jsonl",
            "{\"prompt\":\"A?\",\"responses\":[{\"text\":\"x\"}]}",
            vec![(Some(1), Some("responses"))],
        ),
        ("jsonl", "", vec![(None, None)]),
        ("parquet", "UEFSMQ==", vec![(None, None)]),
        ("parquet", "!", vec![(None, None)]),
    ] {
        let report = checked(&fixture, format, content).await;
        let found: Vec<_> = report
            .errors
            .iter()
            .map(|error| (error.line, error.column.as_deref()))
            .collect();
        assert_eq!(found, expected, "{content} {report:?}");
        assert!(report.errors.iter().all(|error| !error.advice.is_empty()));
        let body = json!({"settings": settings(json!({})), "source": {"format": format, "content": content}});
        let refused = operate(&fixture, Method::POST, routes::STUDIES, Some(body)).await;
        assert_eq!(refused.status, 200, "{refused:?}");
        assert_eq!(refused.parse::<StudyCreated>().study, None);
    }
    assert_eq!(fixture.count("studies").await, 0);
    for wrong in [
        json!({"overlap": 0}),
        json!({"repeats": 0.6}),
        json!({"title": ""}),
        json!({"quota": 0}),
    ] {
        let body = json!({"settings": settings(wrong), "source": {"format": "jsonl", "content": lines(1)}});
        operate(&fixture, Method::POST, routes::STUDIES, Some(body))
            .await
            .problem(422, "study_invalid");
    }
}
