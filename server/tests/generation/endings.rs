use std::time::{Duration, Instant};

use palate_shared::api::generation::{Finish, StreamEvent};

use crate::support::{Heard, Model, SHORT_LIMITS, World};
use crate::upstream::behaviour::{GOSSIP, NAMES, prose};

/// What becomes of each behaviour, and how many words of its answer stay.
const ENDINGS: &[(&str, Finish, usize)] = &[
    ("stream", Finish::Stop, 24),
    ("slow", Finish::Stop, 12),
    ("markdown", Finish::Stop, 24),
    ("length", Finish::Length, 24),
    ("comments", Finish::Stop, 12),
    ("no-usage", Finish::Stop, 24),
    ("wrong-usage", Finish::Stop, 24),
    ("busy-retry-after", Finish::Stop, 24),
    ("flaky", Finish::Stop, 24),
    ("late", Finish::Stop, 24),
    ("empty", Finish::Empty, 0),
    ("filtered", Finish::Filtered, 3),
    ("stall", Finish::TimedOut, 3),
    ("pause", Finish::TimedOut, 3),
    ("silent", Finish::TimedOut, 0),
    ("mute", Finish::TimedOut, 0),
    ("drop", Finish::BrokeOff, 3),
    ("early-end", Finish::BrokeOff, 3),
    ("malformed", Finish::Malformed, 2),
    ("page", Finish::Malformed, 0),
    ("error-in-data", Finish::UpstreamFailed, 3),
    ("huge-line", Finish::TooLarge, 2),
    ("huge-event", Finish::TooLarge, 2),
    ("busy", Finish::Busy, 0),
    ("busy-retry-long", Finish::Busy, 0),
    ("failing", Finish::UpstreamFailed, 0),
    ("refused", Finish::UpstreamFailed, 0),
    ("redirect", Finish::UpstreamFailed, 0),
];

/// These go on for as long as they may.
const ENDLESS: &[&str] = &["long", "repeat", "endless", "flood"];

/// What the upstream does under the name of a behaviour.
fn upstream_name(name: &str) -> String {
    match name {
        "slow" => "slow?tokens=12&gap_ms=100".to_owned(),
        "wrong-usage" => "wrong-usage?completion=1000000000&prompt=-5".to_owned(),
        "long" => "long?gap_ms=0".to_owned(),
        "markdown" => "markdown?cut=3".to_owned(),
        other => other.to_owned(),
    }
}

async fn everything() -> World {
    let upstream: Vec<String> = NAMES.iter().map(|name| upstream_name(name)).collect();
    let models: Vec<Model<'_>> = NAMES
        .iter()
        .zip(&upstream)
        .map(|(name, upstream)| Model(name, upstream, "output_tokens = 30000"))
        .collect();
    World::new(&models, SHORT_LIMITS).await
}

fn prompt(name: &str) -> String {
    if name == "markdown" {
        format!("Say <<<{}>>> please", prose(24))
    } else {
        format!("Something about {name}")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_ending_of_an_upstream_has_a_name_keeps_the_text_and_locks_nobody_out() {
    let known = ENDINGS.iter().map(|(name, ..)| name).chain(ENDLESS);
    assert_eq!(known.count(), NAMES.len(), "a behaviour is not looked at");
    let world = everything().await;
    let asked = ENDINGS.iter().map(async |(name, finish, words)| {
        let person = world.person().await;
        let heard = person.ask(name, &prompt(name)).await;
        let text = heard.text(0);
        assert_eq!((heard.finish(), text), (*finish, prose(*words)), "{name}");
        assert_well_formed(&heard);
        assert!(!heard.raw.contains(GOSSIP), "{name}");
        let next = person.ask("stream", "Once more").await;
        assert_eq!(next.finish(), Finish::Stop, "after {name}");
    });
    futures_util::future::join_all(asked).await;
    world.quiet().await;
    world.settled().await;
    let state = world.upstream.books.state();
    assert_eq!(state.strays, 0, "a redirect was followed");
    assert!(
        state.sent_raw < 64 << 20,
        "huge lines are read on: {state:?}"
    );
}

/// Ids grow, each pane ends once, and the stream ends with `End`.
fn assert_well_formed(heard: &Heard) {
    let ids: Vec<u64> = heard.events.iter().map(|(id, _)| *id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    let last = heard.events.last().map(|(_, event)| event);
    assert_eq!(last, Some(&StreamEvent::End));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_ended() {
    let world = everything().await;
    let person = world.person().await;
    let endless = person.ask("endless", "Go on").await;
    assert_eq!(
        endless.finish(),
        Finish::TimedOut,
        "by the time of a whole answer"
    );
    assert!(prose(4_000).starts_with(&endless.text(0)));
    let repeated = person.ask("repeat", "Go on").await;
    assert_eq!(repeated.finish(), Finish::Repeated);
    let flood = person.ask("flood", "Go on").await;
    assert!(
        matches!(flood.finish(), Finish::TooLarge | Finish::Repeated),
        "{:?}",
        flood.finish()
    );
    assert!(flood.text(0).len() <= 256 * 1024);
    world.quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_tokens_arrive_whole_and_hardly_larger() {
    let world = everything().await;
    let heard = world.person().await.ask("long", "At length").await;
    assert_eq!(heard.finish(), Finish::Stop);
    let text = heard.text(0);
    assert_eq!(text, prose(20_000));
    let ratio = heard.raw.len() as f64 / text.len() as f64;
    assert!(ratio <= 1.2, "{ratio} bytes on the wire for one of text");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_tried_again_before_the_first_byte_and_never_after() {
    let world = everything().await;
    for (name, calls) in [
        ("flaky", 2),
        ("busy-retry-after", 2),
        ("busy", 3),
        ("failing", 3),
        ("busy-retry-long", 1),
        ("refused", 1),
        ("drop", 1),
        ("error-in-data", 1),
        ("stall", 1),
    ] {
        let person = world.person().await;
        let marker = format!("tried {name}.");
        let begin = Instant::now();
        person.ask(name, &marker).await;
        let made = world.upstream.books.calls();
        let made = made
            .iter()
            .filter(|call| call.body.to_string().contains(&marker));
        assert_eq!(made.count(), calls, "{name}");
        if name == "busy-retry-after" {
            assert!(begin.elapsed() >= Duration::from_secs(1), "Retry-After");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_after_the_event_that_was_last_read() {
    let world = everything().await;
    let person = world.person().await;
    let id = person.begin("slow", "Slowly").await;
    let mut first = person.listen(&id, None).await;
    let (mut last, mut text) = (0, String::new());
    for _ in 0..3 {
        let (event_id, event) = first.next().await.expect("there is more");
        last = event_id;
        if let StreamEvent::Delta { text: more, .. } = event {
            text.push_str(&more);
        }
    }
    drop(first);
    let rest = person.listen(&id, Some(last)).await.rest().await;
    assert!(rest.events.iter().all(|(id, _)| *id > last));
    assert_eq!(text + &rest.text(0), prose(12));
    assert_eq!(rest.finish(), Finish::Stop);
    // Heard again from the beginning: the same.
    assert_eq!(
        person.listen(&id, None).await.rest().await.text(0),
        prose(12)
    );
}
