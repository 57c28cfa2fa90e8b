//! WhatsApp as linked devices see it, by itself; driven over HTTP (see the crate's README). For tests in a browser, for the bench,
//! and for trying things by hand. Its addresses are the first line of its output, as JSON; it ends with its input.
//!
//! `cargo run -p hoopoe-simulator --features linked --example linked_phones -- 127.0.0.1:4400`

use anyhow::Context as _;
use hoopoe_simulator::linked::LinkedServer;
use serde_json::json;

#[tokio::main]
#[allow(clippy::print_stdout, reason = "whoever started it reads its output")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let address = address
        .parse()
        .context("an address such as 127.0.0.1:4400")?;
    let mock = LinkedServer::start_on(address).await?;
    let people = format!("{}/linked/phones", mock.admin_url());
    println!("{}", json!({ "url": mock.url(), "people": people }));
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop));
    tokio::select! {
        ended = ended => Ok(ended?),
        done = tokio::signal::ctrl_c() => Ok(done?),
    }
}
