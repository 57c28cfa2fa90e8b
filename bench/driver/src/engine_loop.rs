//! The loop of section (b): calls `hoopoe_db::ingest` with ready batches, one transaction after another. A process of its own.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, ensure};
use hoopoe_db::ingest::{IdentityKey, Incoming, IncomingMessage, IncomingUpdate, Person, ingest};
use hoopoe_db::model::{Direction, IdentityKind, MessageSource, MessageStatus};
use hoopoe_db::{Db, Millis};

use crate::args::Args;
use crate::load::webhooks::CONTACTS;
use crate::numbers::float;

/// Runs the loop and prints messages per second.
pub async fn run(args: &Args, url: &str) -> Result<()> {
    let db = Db::open(url, 4).await?;
    db.migrate().await?;
    let writer = Writer {
        tenant: parsed(&args.tenant)?,
        account: parsed(&args.account)?,
    };
    let mut next = 0;
    while next < CONTACTS * 2 {
        next += write(&db, &writer.batch(next, args.batch)).await?;
    }
    let (first, start) = (next, Instant::now());
    let mut writing = Duration::ZERO;
    while start.elapsed() < args.trial() {
        let batch = writer.batch(next, args.batch);
        let begun = Instant::now();
        next += write(&db, &batch).await?;
        writing += begun.elapsed();
    }
    println!("{}", float(next - first) / writing.as_secs_f64());
    db.close().await;
    Ok(())
}

async fn write(db: &Db, batch: &[Incoming]) -> Result<u64> {
    let ingested = ingest(db, batch, now()).await?;
    ensure!(
        ingested.stored == batch.len(),
        "{} of {} messages were new",
        ingested.stored,
        batch.len()
    );
    Ok(crate::numbers::count(batch.len()))
}

struct Writer {
    tenant: hoopoe_db::ids::TenantId,
    account: hoopoe_db::ids::AccountId,
}

impl Writer {
    fn batch(&self, first: u64, amount: u64) -> Vec<Incoming> {
        (first..first + amount)
            .map(|number| self.message(number))
            .collect()
    }

    /// The same message as the webhooks carry.
    fn message(&self, number: u64) -> Incoming {
        let customer = number % CONTACTS;
        let message = IncomingMessage {
            chat: person(customer),
            sender: None,
            direction: Direction::In,
            source: MessageSource::Live,
            provider_id: format!("wamid.HBgNNDkxNTE{customer:05}FQIAEhgUM0E{number:012}AA=="),
            kind: "text".to_owned(),
            text: Some(format!(
                "BENCH{number:010} Guten Tag, ist die Lieferung für morgen noch möglich? 🙂"
            )),
            content: "{}".to_owned(),
            quoted_provider_id: None,
            forwarded: false,
            provider_at: now() / 1_000 * 1_000,
            media: None,
            status: MessageStatus::Received,
            opens_window: true,
            is_news: true,
        };
        Incoming {
            tenant_id: self.tenant.clone(),
            account_id: self.account.clone(),
            received_at: now(),
            update: IncomingUpdate::Message(Box::new(message)),
        }
    }
}

fn person(customer: u64) -> Person {
    let key = |kind, scope: &str, value| IdentityKey {
        kind,
        scope: scope.to_owned(),
        value,
    };
    Person {
        keys: vec![
            key(
                IdentityKind::Phone,
                "",
                format!("49151{:08}", 12_340_000 + customer),
            ),
            key(
                IdentityKind::Bsuid,
                "bench",
                format!("DE.134912086553027{customer:05}"),
            ),
        ],
        profile_name: Some(format!("Zoë Kunde {customer}")),
        ..Person::default()
    }
}

fn now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

fn parsed<T: std::str::FromStr<Err = String>>(id: &str) -> Result<T> {
    id.parse()
        .map_err(|error: String| anyhow!(error))
        .context("--tenant, --account")
}
