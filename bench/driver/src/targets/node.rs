//! The conventional stack in `bench/node-stack`: it takes everything from its environment and seeds its accounts itself.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::load::provider;
use crate::load::webhooks::Door;
use crate::targets::process::{Process, pinned};
use crate::targets::{Access, Order, Place, Stack, Workshop};

const APP_SECRET: &str = "bench-app-secret";
const JWT_SECRET: &str = "bench-token-secret";

pub fn launch(
    workshop: &Workshop,
    order: &Order,
    place: &Place,
    address: SocketAddr,
) -> Result<Process> {
    let args = &workshop.args;
    let server = args.node_stack.join("src/server.js");
    ensure!(
        args.node_stack.join("node_modules").exists(),
        "run `npm ci` in {} first",
        args.node_stack.display()
    );
    let mut command = pinned(&args.server_cpus, &args.node);
    command
        .arg(server)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "HOME"));
    command
        .env("NODE_ENV", "production")
        .env("PORT", address.port().to_string())
        .env("DATABASE_URL", &place.database_url)
        .env(
            "FORM",
            if order.stack == Stack::Plain {
                "plain"
            } else {
                "one-statement"
            },
        )
        .env("APP_SECRET", APP_SECRET)
        .env("JWT_SECRET", JWT_SECRET)
        .env("ACCOUNTS", order.accounts.to_string())
        .env("SQLITE_SYNCHRONOUS", &args.sqlite_synchronous);
    if let Some(address) = workshop.provider {
        command
            .env("PROVIDER_URL", format!("http://{address}"))
            .env("PROVIDER_TOKEN", provider::TOKEN);
    }
    Process::start(command, &place.folder.join("server.log"), "TERM")
}

/// Phone number ids as the stack's `phoneNumberIdOf` makes them; one agent per account.
pub fn access(order: &Order) -> Result<Access> {
    let accounts = 1..=order.accounts;
    let door = Door {
        path: "/webhooks/whatsapp".to_owned(),
        secret: APP_SECRET.to_owned(),
        phone_number_ids: accounts
            .clone()
            .map(|account| (100_000_000_000_000 + account).to_string())
            .collect(),
    };
    let writer = token(accounts.clone().collect())?;
    let tokens = accounts.map(|account| token(vec![account]));
    Ok(Access {
        door,
        tokens: tokens.collect::<Result<_>>()?,
        writer,
        ids: None,
    })
}

/// A JSON Web Token, HS256, of an agent who sees these accounts.
fn token(accounts: Vec<usize>) -> Result<String> {
    let agent = accounts.first();
    let claims = json!({ "sub": format!("agent-{}", agent.unwrap_or(&0)), "account_ids": accounts, "exp": 4_102_444_800_u64 });
    let head = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!(
        "{head}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(JWT_SECRET.as_bytes())?;
    mac.update(signed.as_bytes());
    Ok(format!(
        "{signed}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    ))
}
