//! What models can do is asked, not believed, and what the asking costs stands in the ledger.

use palate_server::llm::probe;
use palate_shared::api::models::{Capabilities, ModelList, ModelState};
use palate_shared::routes;

use crate::support::{Model, SHORT_LIMITS, World};

const ALL: &str =
    "capabilities = { stream = true, n = true, seed = true, logprobs = true, prefill = true }";

async fn listed(world: &World) -> ModelList {
    serde_json::from_str(&world.person().await.get(routes::MODELS).await.text).expect("is a list")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_claimed_is_probed_and_paid_for() {
    let models = [
        Model("claims", "stream", ALL),
        Model("modest", "stream", ""),
        Model("broken", "failing", ALL),
    ];
    let world = World::new(&models, SHORT_LIMITS).await;
    let state = &world.fixture.state;
    for served in &state.llm.served {
        probe::learn(state, served).await;
    }
    let found: Vec<Capabilities> = listed(&world)
        .await
        .models
        .iter()
        .map(|model| model.capabilities)
        .collect();
    let streams = Capabilities {
        stream: true,
        ..Capabilities::default()
    };
    // The upstream begins anew where it should go on with what was begun.
    let all_but_prefill = Capabilities {
        n: true,
        seed: true,
        logprobs: true,
        ..streams
    };
    assert_eq!(found[..2], [all_but_prefill, streams]);
    let bill = world.upstream.books.total();
    let spent: i64 = state
        .db
        .reader()
        .query("SELECT CAST(SUM(settled_micro) AS BIGINT) FROM ledger WHERE purpose = 'probe'")
        .scalar()
        .await
        .expect("reads");
    assert_eq!(
        spent as u64,
        bill.prompt_tokens + bill.completion_tokens,
        "{:?}",
        world.upstream.books.charges()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_out_of_reach_is_shown_as_such_and_leaves_the_rest() {
    let world = World::new(&[Model("stream", "stream", "")], SHORT_LIMITS).await;
    let served = &world.fixture.state.llm.served[0];
    served.set_reachable(false);
    let states: Vec<ModelState> = listed(&world)
        .await
        .models
        .iter()
        .map(|model| model.state)
        .collect();
    assert_eq!(states, [ModelState::Unreachable, ModelState::Available]);
    world.person().await.ask("stream", "Still there?").await;
    assert!(served.is_reachable(), "it was tried and is back");
}
