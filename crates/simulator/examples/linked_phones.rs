//! WhatsApp as linked devices see it, by itself, with two phones; driven over HTTP (see the crate's README).
//!
//! `cargo run -p hoopoe-simulator --features linked --example linked_phones -- 127.0.0.1:4400`

use anyhow::Context as _;
use hoopoe_simulator::linked::LinkedServer;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:4400".to_owned());
    let address = address
        .parse()
        .context("an address such as 127.0.0.1:4400")?;
    let mock = LinkedServer::start_on(address).await?;
    mock.add_phone("4930901820", "Fern & Co")?;
    mock.add_phone("40721000001", "Ana")?;
    println!("companions: {}", mock.url());
    println!("people:     {}/linked/phones", mock.admin_url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
