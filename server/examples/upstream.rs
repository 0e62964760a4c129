//! The upstream of the tests as a program, for browser tests, benches and trials by hand. Prints its address.

#[path = "../tests/common/upstream.rs"]
mod upstream;

use std::io::Write;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let port = match std::env::args().nth(1) {
        Some(text) => text.parse().context("the first argument is a port")?,
        None => 0,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let upstream = upstream::Upstream::start(port).await?;
        writeln!(std::io::stdout(), "{}", upstream.base_url())?;
        // Until it is killed.
        std::future::pending::<anyhow::Result<()>>().await
    })
}
