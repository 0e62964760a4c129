//! Many streams, ended in every way: afterwards there is no more of anything than before.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::support::{Model, Person, World};

/// Every kind of ending that is quick.
const MODELS: [Model<'_>; 10] = [
    Model("stream", "stream?gap_ms=1", ""),
    Model("markdown", "markdown", ""),
    Model("stall", "stall", ""),
    Model("drop", "drop", ""),
    Model("malformed", "malformed", ""),
    Model("error-in-data", "error-in-data", ""),
    Model("failing", "failing", ""),
    Model("redirect", "redirect", ""),
    Model("huge-line", "huge-line", ""),
    Model("endless", "endless", ""),
];

const LIMITS: &str = "connect_ms = 5000\nfirst_byte_ms = 5000\nidle_ms = 5000\ntotal_ms = 20000\ngrace_ms = 50\n\
     per_person = 8\ntogether = 64\nqueue = 500\nbuffers = 100\nretries = 0\n";

/// More than any run asks for.
pub const BUDGET: &str = "[budget]\nperson_generations = 1000000\nnetwork_generations = 1000000\ntotal_generations = 1000000\n";

/// An amount from the environment, for long runs.
pub fn amount(name: &str, otherwise: usize) -> usize {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What is there: bytes of memory, tasks of the runtime, connections of the upstream.
#[derive(Clone, Copy, Debug)]
struct Held {
    bytes: usize,
    tasks: usize,
    connections: u64,
}

fn held(world: &World) -> Held {
    let status = std::fs::read_to_string("/proc/self/status").expect("is Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    Held {
        bytes: kib
            .and_then(|kib| kib.parse::<usize>().ok())
            .expect("is a number")
            * 1024,
        tasks: tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks(),
        connections: world.upstream.books.state().open_connections,
    }
}

/// One stream, heard to its end, stopped or left.
async fn one(person: &Person, random: &mut StdRng) {
    let Model(model, ..) = MODELS[random.random_range(0..MODELS.len())];
    let id = person.begin(model, "Say <<<something short>>> now").await;
    let mut events = person.listen(&id, None).await;
    let ends_itself = !matches!(model, "stall" | "endless");
    if ends_itself && random.random_bool(0.6) {
        events.rest().await;
        return;
    }
    for _ in 0..random.random_range(0..3) {
        if events.next().await.is_none() {
            return;
        }
    }
    if random.random_bool(0.5) {
        person.stop(&id).await;
        events.rest().await;
    } else {
        drop(events);
        // The moment in which a reader could come back.
        tokio::time::sleep(Duration::from_millis(80)).await;
    }
}

async fn streams(world: &World, count: usize, people: usize) {
    let working = (0..people).map(async |seed| {
        let mut random = StdRng::seed_from_u64(seed as u64);
        let person = world.person().await;
        for _ in 0..count / people {
            one(&person, &mut random).await;
        }
    });
    join_all(working).await;
    world.quiet().await;
    world.settled().await;
    // Connections that are done close a moment after the last byte.
    tokio::time::sleep(Duration::from_millis(300)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_leave_no_task_connection_or_memory_behind() {
    let count = amount("PALATE_GENERATION_STREAMS", 320);
    let world = World::with(&MODELS, LIMITS, BUDGET).await;
    streams(&world, count.min(1_000), 16).await;
    let before = held(&world);
    let begin = Instant::now();
    streams(&world, count, 16).await;
    let after = held(&world);
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let state = world.upstream.books.state();
    eprintln!(
        "{count} streams in {:.0} s: memory {:.1} MiB before, {:.1} MiB after; tasks {} and {}; connections of the upstream \
         {} and {} (most at once {}); {state:?}",
        begin.elapsed().as_secs_f64(),
        mib(before.bytes),
        mib(after.bytes),
        before.tasks,
        after.tasks,
        before.connections,
        after.connections,
        state.most_open_connections,
    );
    assert_eq!(state.running, 0);
    // Idle connections of either side are kept for a while, each with a task or two; of streams that leaked there would be
    // hundreds.
    assert!(after.tasks < before.tasks + 60, "{before:?} {after:?}");
    assert!(after.connections <= 40, "{after:?}");
    let most = before.bytes + 24 * (1 << 20) + count * 400;
    assert!(after.bytes < most, "{before:?} {after:?}");
}
