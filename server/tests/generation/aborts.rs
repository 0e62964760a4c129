//! Answers that are broken off: who pays what, and that nothing is left behind.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use palate_shared::api::generation::{Finish, StreamEvent};
use palate_shared::routes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use crate::soak::{BUDGET, amount};
use crate::support::{Model, Person, SHORT_LIMITS, World, request};
use crate::upstream::behaviour::{ECHO, prose};
use crate::upstream::books::{Charge, Ended};

/// Most tokens that the models of this file may write.
const ALLOWED: u64 = 64;

/// Limits that end nothing while a test looks on, but the grace for who may come back.
static LONG_LIMITS: LazyLock<String> = LazyLock::new(|| {
    SHORT_LIMITS
        .replace("grace_ms = 300", "grace_ms = 700")
        .replace("first_byte_ms = 700", "first_byte_ms = 60000")
        .replace("idle_ms = 600", "idle_ms = 60000")
        .replace("total_ms = 4000", "total_ms = 60000")
});
/// Far below [`LONG_LIMITS`], and far above what anything takes that does not wait for them, on the slowest machine.
const LONG_BEFORE: Duration = Duration::from_secs(9);

/// A model for each way to bill what is broken off; the last two never say what they count.
const MODELS: [Model<'_>; 4] = [
    Model("told", "pause?usage=each&gap_ms=1", "output_tokens = 64"),
    Model(
        "untold",
        "pause?usage=none&tokenizer=estimate&gap_ms=1",
        "output_tokens = 64",
    ),
    Model(
        "everything",
        "pause?usage=none&tokenizer=estimate&gap_ms=5",
        "output_tokens = 64\nbills_on_abort = \"everything\"",
    ),
    Model(
        "nothing",
        "pause?usage=none&tokenizer=estimate&gap_ms=5",
        "output_tokens = 64\nbills_on_abort = \"nothing\"",
    ),
];

/// What the upstream wants for a charge of the model, one for each token.
fn price(model: &str, charge: &Charge) -> u64 {
    match model {
        "nothing" => 0,
        "everything" => charge.prompt_tokens + ALLOWED,
        _ => charge.prompt_tokens + charge.completion_tokens,
    }
}

/// Begins an answer of so many tokens and breaks it off; its id.
async fn broken_off(world: &World, person: &Person, model: &str, random: &mut StdRng) -> String {
    let tokens = random.random_range(1..=20);
    let mut body = request(model, "");
    let id = body["id"].as_str().expect("is text").to_owned();
    body["prompt"] = json!({"text": format!("{id} {}{tokens}{}", ECHO[0], ECHO[1])});
    let reply = person.post(routes::GENERATE, body).await;
    assert!(reply.status.is_success(), "{reply:?}");
    let mut events = person.listen(&id, None).await;
    if matches!(model, "told" | "untold") {
        // At a token that is drawn, when it has come through: what is on the way is the upstream's bill and nobody else
        // can know it.
        let (whole, mut text) = (prose(tokens), String::new());
        while text.len() < whole.len() {
            match events.next().await.expect("there is more").1 {
                StreamEvent::Delta { text: more, .. } => text.push_str(&more),
                StreamEvent::Queued { .. } => {}
                other => panic!("{other:?} after {text:?}"),
            }
        }
    } else {
        // At any time at all, once the upstream has begun to count.
        while world.upstream.books.charges_for(&id).is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..120))).await;
    }
    if random.random_bool(0.5) {
        assert_eq!(person.stop(&id).await.status, 204);
        assert_eq!(events.rest().await.finish(), Finish::StoppedEarly);
    } else {
        drop(events);
    }
    id
}

/// As many answers broken off as wanted; how many tokens they cost.
pub async fn ledger_and_bill(aborts: usize) -> u64 {
    let world = World::with(&MODELS, SHORT_LIMITS, BUDGET).await;
    let world = &world;
    let people = 6;
    let each = aborts.div_ceil(people);
    let broken = (0..people as u64).map(async |seed| {
        let mut random = StdRng::seed_from_u64(seed);
        let person = world.person().await;
        let mut ids = Vec::new();
        for _ in 0..each {
            let model = MODELS[random.random_range(0..MODELS.len())].0;
            let id = broken_off(world, &person, model, &mut random).await;
            // A person may have two at once, and one that was left is there for a moment.
            while world.upstream.books.charges_for(&id)[0].ended == Ended::Running {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            ids.push((id, model));
        }
        ids
    });
    let ids = join_all(broken).await.concat();
    world.quiet().await;
    world.settled().await;
    let mut cost = 0;
    for (id, model) in &ids {
        let charges = world.upstream.books.charges_for(id);
        assert_eq!(charges.len(), 1, "{model}: called once");
        assert_eq!(charges[0].ended, Ended::Cancelled, "{model}");
        let (rows, settled): (i64, i64) = world.fixture.query(
            "SELECT COUNT(*) AS rows, CAST(SUM(settled_micro) AS BIGINT) AS settled FROM ledger WHERE generation = $1",
        )
        .bind(id)
        .one()
        .await
        .expect("reads");
        let due = price(model, &charges[0]);
        assert_eq!(
            (rows, settled as u64),
            (1, due),
            "{model}: {:?}",
            charges[0]
        );
        cost += due;
    }
    let sum: i64 = world
        .fixture
        .query("SELECT CAST(SUM(settled_micro) AS BIGINT) FROM ledger WHERE purpose != 'probe'")
        .scalar()
        .await
        .expect("reads");
    assert_eq!(sum as u64, cost, "nothing else is in the ledger");
    cost
}

#[tokio::test(flavor = "multi_thread")]
async fn row_23_the_ledger_is_the_upstreams_bill_whenever_answers_are_broken_off() {
    let aborts = amount("PALATE_GENERATION_ABORTS", 150);
    let begin = Instant::now();
    let cost = ledger_and_bill(aborts).await;
    eprintln!(
        "{aborts} answers broken off at random, {cost} tokens: ledger and bill are equal, row by row ({:.1} s)",
        begin.elapsed().as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn row_23_whole_answers_are_billed_as_told_and_absurd_numbers_are_not_believed() {
    let models = [
        Model("told", "stream", ""),
        Model("untold", "no-usage?tokenizer=estimate", ""),
        Model(
            "huge",
            "wrong-usage?completion=1000000000&tokenizer=estimate",
            "",
        ),
        Model("zero", "wrong-usage?completion=0&tokenizer=estimate", ""),
        Model(
            "negative",
            "wrong-usage?completion=-7&tokenizer=estimate",
            "",
        ),
        Model("broken", "drop?tokenizer=estimate", ""),
        Model("refused", "failing", ""),
        Model("silent", "mute", ""),
    ];
    let world = World::new(&models, SHORT_LIMITS).await;
    for Model(id, ..) in models {
        let person = world.person().await;
        let marker = format!("bill of {id}");
        person.ask(id, &marker).await;
        world.settled().await;
        let due: u64 = world
            .upstream
            .books
            .charges_for(&marker)
            .iter()
            .map(|charge| charge.prompt_tokens + charge.completion_tokens)
            .sum();
        let settled: i64 = world.fixture.query(
            "SELECT CAST(SUM(settled_micro) AS BIGINT) FROM ledger WHERE model = $1 AND purpose != 'probe'",
        )
        .bind(id)
        .scalar()
        .await
        .expect("reads");
        if id == "silent" {
            // Nothing came back: whether it was read and billed nobody knows, so the prompt counts or nothing does.
            assert!((0..200).contains(&settled), "{settled}");
        } else {
            assert_eq!(settled as u64, due, "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_upstream_is_let_go_soon_after_who_asked_left() {
    let models = [
        Model("stall", "stall", ""),
        Model("endless", "endless", ""),
        Model("silent", "silent", ""),
        Model("slow", "slow", ""),
    ];
    let world = World::new(&models, &LONG_LIMITS).await;
    for Model(id, ..) in models {
        let person = world.person().await;
        let marker = format!("left {id}");
        let generation = person.begin(id, &marker).await;
        let events = person.listen(&generation, None).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert!(world.upstream.books.state().running > 0, "{id} is running");
        drop(events);
        let left = Instant::now();
        world.quiet().await;
        let took = left.elapsed();
        assert!(took < LONG_BEFORE, "{id}: {took:?}");
        eprintln!("{id}: let go after {} ms", took.as_millis());
        let charges = world.upstream.books.charges_for(&marker);
        assert_eq!(charges[0].ended, Ended::Cancelled);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_the_upstream_go_at_once_and_keeps_what_was_written() {
    let world = World::new(&[Model("stall", "stall", "")], &LONG_LIMITS).await;
    let person = world.person().await;
    let id = person.begin("stall", "Stop me").await;
    let mut events = person.listen(&id, None).await;
    events.until_text(&prose(3)).await;
    let begin = Instant::now();
    assert_eq!(person.stop(&id).await.status, 204);
    let heard = events.rest().await;
    world.quiet().await;
    assert!(begin.elapsed() < LONG_BEFORE, "{:?}", begin.elapsed());
    assert_eq!(heard.finish(), Finish::StoppedEarly);
    let reveal = person.reveal(&id).await.value();
    assert_eq!(reveal["panes"][0]["text"], prose(3));
    assert_eq!(
        person.stop(&id).await.status,
        204,
        "a second time changes nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_at_any_event_locks_nobody_out() {
    let world = World::new(
        &[Model("slow", "slow?tokens=10&gap_ms=30", "")],
        SHORT_LIMITS,
    )
    .await;
    let person = world.person().await;
    for leaves in [true, false] {
        for at in 0..8 {
            let id = person.begin("slow", &format!("at {at}")).await;
            let mut events = person.listen(&id, None).await;
            for _ in 0..at {
                if events.next().await.is_none() {
                    break;
                }
            }
            if leaves {
                drop(events);
            } else {
                person.stop(&id).await;
                drop(events);
            }
            let next = person.ask("slow", "And now?").await;
            assert_eq!(
                (next.finish(), next.text(0)),
                (Finish::Stop, prose(10)),
                "at {at}"
            );
        }
    }
    world.quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_ends_what_runs_and_leaves_no_name_in_the_ledger() {
    let world = World::new(&[Model("stall", "stall", "")], SHORT_LIMITS).await;
    let person = world.person().await;
    let id = person.begin("stall", "Erase me").await;
    let mut events = person.listen(&id, None).await;
    events.next().await.expect("there is text");
    let gone = person
        .call(
            axum::http::Method::DELETE,
            "/api/v1/me?mode=erase",
            &[],
            None,
        )
        .await;
    assert!(gone.status.is_success(), "{gone:?}");
    assert_eq!(events.rest().await.finish(), Finish::StoppedEarly);
    world.quiet().await;
    world.settled().await;
    assert_eq!(
        world
            .fixture
            .count("ledger WHERE user_id IS NOT NULL")
            .await,
        0
    );
    assert_eq!(
        world.fixture.count("ledger WHERE purpose != 'probe'").await,
        1
    );
}
