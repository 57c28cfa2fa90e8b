//! Shows the phone page without Hoopoe: plays the demo script to a callback that accepts everything, except
//! that every fiftieth POST is refused once so that retries can be seen.
//!
//! `cargo run -p hoopoe-simulator --example phone_page -- 127.0.0.1:4300`

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use hoopoe_simulator::demo_script::{LiveOptions, conversations};
use hoopoe_simulator::{SimApp, SimNumber, Simulator, SimulatorConfig};
use tokio::net::TcpListener;

fn number(phone_number_id: &str, display: &str, name: &str) -> SimNumber {
    SimNumber {
        phone_number_id: phone_number_id.to_owned(),
        display_phone_number: display.to_owned(),
        verified_name: name.to_owned(),
        waba_id: "200000000000001".to_owned(),
        access_token: "EAAsimulated".to_owned(),
        app: 0,
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:4300".to_owned());
    let count = Arc::new(AtomicU64::new(1));
    let callback = Router::new().route(
        "/hook",
        post(move || async move {
            if count.fetch_add(1, Ordering::Relaxed).is_multiple_of(50) {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::OK
            }
        }),
    );
    let hook = TcpListener::bind("127.0.0.1:0").await?;
    let callback_url = format!("http://{}/hook", hook.local_addr()?);
    tokio::spawn(async move { axum::serve(hook, callback).await });

    let config = SimulatorConfig {
        apps: vec![SimApp {
            callback_url,
            app_secret: "secret".to_owned(),
            verify_token: "token".to_owned(),
        }],
        numbers: vec![
            number("100000000000001", "+1 555-010-0001", "Fern & Co"),
            number("100000000000002", "+1 555-010-0002", "Fern & Co Deliveries"),
        ],
        ..SimulatorConfig::default()
    };
    let simulator = Simulator::start(TcpListener::bind(&address).await?, config)?;
    let script = conversations();
    let played = simulator.play(&script)?;
    simulator.settled().await;
    println!("{played} messages played; open {}", simulator.url());
    let _traffic = simulator.live_traffic(&script, LiveOptions::default());
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}
