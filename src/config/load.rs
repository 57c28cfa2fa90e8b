//! Reads the settings: embedded defaults < file < environment. Unknown keys are refused with the nearest known one, and every error names
//! its key and where it comes from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use anyhow::{Context as _, bail, ensure};
use figment::{
    Figment, Profile, Provider as _,
    providers::{Format as _, Serialized, Toml},
    value::{Dict, Num, Value},
};

use super::{Config, MediaStorage};

/// The defaults with their explanations, as they are printed for operators.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");

/// The file that is read where none is named.
const DEFAULT_FILE: &str = "hoopoe.toml";

/// What the environment's names begin with.
const ENVIRONMENT_PREFIX: &str = "HOOPOE_";

/// Names in the environment that belong to other things than settings.
const RESERVED: &[&str] = &[
    "CONFIG",
    "SECRET_KEY",
    "URL",
    "TOKEN",
    "SERVER",
    "REQUIRE_ALL_TESTS",
];

/// Reads and checks all settings. Without a file named, `hoopoe.toml` in the working folder is read if it is there.
///
/// # Errors
/// When something can't be read, is not known, or can't be.
pub fn load(file: Option<&Path>) -> anyhow::Result<Config> {
    let (text, name) = read_file(file)?;
    let environment = std::env::vars()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix(ENVIRONMENT_PREFIX)?.to_owned(), value))
        })
        .filter(|(name, _)| !RESERVED.contains(&name.as_str()) && !name.starts_with("TEST_"))
        .collect();
    from_layers(&text, &name, environment)
}

fn read_file(file: Option<&Path>) -> anyhow::Result<(String, String)> {
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    match fs::read_to_string(path) {
        Ok(text) => Ok((text, path.display().to_string())),
        Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => {
            Ok((String::new(), DEFAULT_FILE.to_owned()))
        }
        Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
    }
}

/// Puts the layers together. The environment comes as names without their prefix.
pub(super) fn from_layers(
    file: &str,
    file_name: &str,
    environment: Vec<(String, String)>,
) -> anyhow::Result<Config> {
    let defaults = dict_of(&Figment::from(Toml::string(DEFAULTS)))?;
    let known = leaves(&defaults);
    let layer = Figment::from(Toml::string(file));
    let from_file = dict_of(&layer).with_context(|| format!("{file_name} is not readable"))?;
    for key in leaves(&from_file).keys() {
        check_known(key, file_name, &known)?;
    }
    let mut figment = Figment::from(Toml::string(DEFAULTS)).merge(layer);
    for (name, text) in environment {
        let key = name.to_lowercase().replace("__", ".");
        let variable = format!("{ENVIRONMENT_PREFIX}{name}");
        check_known(&key, &variable, &known)?;
        let value = convert(known.get(&key), &text)
            .with_context(|| format!("{key} (from {variable}) can't be {text:?}"))?;
        figment = figment.merge(Serialized::default(&key, value));
    }
    let config: Config = figment.extract().map_err(|error| explain(&error))?;
    check(&config)?;
    Ok(config)
}

fn dict_of(figment: &Figment) -> anyhow::Result<Dict> {
    let data = figment.data().map_err(|error| explain(&error))?;
    Ok(data.get(&Profile::Default).cloned().unwrap_or_default())
}

fn explain(error: &figment::Error) -> anyhow::Error {
    let key = error.path.join(".");
    if key.is_empty() {
        return anyhow::anyhow!("{}", error.kind);
    }
    anyhow::anyhow!("{key}: {}", error.kind)
}

/// All settings by their dotted names.
fn leaves(dict: &Dict) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (name, value) in dict {
        match value {
            Value::Dict(_, inner) => {
                let below = leaves(inner);
                found.extend(
                    below
                        .into_iter()
                        .map(|(key, value)| (format!("{name}.{key}"), value)),
                );
            }
            leaf => {
                found.insert(name.clone(), leaf.clone());
            }
        }
    }
    found
}

fn check_known(key: &str, source: &str, known: &BTreeMap<String, Value>) -> anyhow::Result<()> {
    if known.contains_key(key) {
        return Ok(());
    }
    let sections: BTreeSet<&str> = known
        .keys()
        .filter_map(|key| key.rsplit_once('.').map(|(section, _)| section))
        .collect();
    if sections.contains(key) {
        bail!("{key} (from {source}) is a section, not a setting");
    }
    let nearest = known
        .keys()
        .max_by(|one, two| {
            strsim::jaro_winkler(key, one).total_cmp(&strsim::jaro_winkler(key, two))
        })
        .map_or("", String::as_str);
    bail!("{key} (from {source}) is not a setting: did you mean {nearest}?")
}

/// The environment has only text: the default tells what it stands for.
fn convert(default: Option<&Value>, text: &str) -> anyhow::Result<Value> {
    Ok(match default {
        Some(Value::Num(..)) => Value::from(Num::from(
            text.parse::<i64>().context("expected a whole number")?,
        )),
        Some(Value::Bool(..)) => {
            Value::from(text.parse::<bool>().context("expected true or false")?)
        }
        Some(Value::Array(..)) => Value::from(
            text.split(',')
                .map(|part| part.trim().to_owned())
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>(),
        ),
        _ => Value::from(text.to_owned()),
    })
}

/// What types can't say.
fn check(config: &Config) -> anyhow::Result<()> {
    let tls = &config.server.tls;
    ensure!(
        tls.cert.is_empty() == tls.key.is_empty(),
        "server.tls.key: cert and key come together or not at all"
    );
    check_url("server.public_url", &config.server.public_url)?;
    check_url(
        "server.source_url",
        &config.server.source_url.replace("{commit}", "x"),
    )?;
    check_url("graph.url", &config.graph.url)?;
    let url = config.database_url();
    ensure!(
        ["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| url.starts_with(scheme)),
        "database.url: expected sqlite:… or postgres:…"
    );
    let version = config
        .graph
        .version
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'));
    ensure!(
        version.is_some_and(
            |(major, minor)| major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok()
        ),
        "graph.version: expected a version such as v26.0"
    );
    let url = &config.linked.url;
    ensure!(
        url.is_empty() || url.starts_with("ws://") || url.starts_with("wss://"),
        "linked.url: expected an address that begins with ws:// or wss://"
    );
    ensure!(
        config.linked.lease_seconds >= 2,
        "linked.lease_seconds: must be at least 2"
    );
    // An attempt must end before another node may take the webhook over.
    ensure!(
        (1..=12).contains(&config.webhooks.timeout_seconds),
        "webhooks.timeout_seconds: expected 1 to 12"
    );
    // An attempt's lease lasts a minute: it must not end while an answer is waited for.
    ensure!(
        (1..=50).contains(&config.graph.timeout_seconds),
        "graph.timeout_seconds: expected 1 to 50"
    );
    if config.media.storage == MediaStorage::S3 {
        ensure!(
            !config.media.s3.bucket.is_empty(),
            "media.s3.bucket: is needed for media.storage = \"s3\""
        );
    }
    check_positive(config)
}

fn check_url(key: &str, url: &str) -> anyhow::Result<()> {
    let parsed = url.is_empty()
        || (url.starts_with("http://") || url.starts_with("https://"))
            && url.parse::<axum::http::Uri>().is_ok();
    ensure!(
        parsed,
        "{key}: expected an address that begins with http:// or https://"
    );
    Ok(())
}

fn check_positive(config: &Config) -> anyhow::Result<()> {
    let numbers = [
        ("server.max_connections", config.server.max_connections == 0),
        (
            "database.max_connections",
            config.database.max_connections == 0,
        ),
        (
            "auth.access_token_minutes",
            config.auth.access_token_minutes == 0,
        ),
        (
            "auth.refresh_token_days",
            config.auth.refresh_token_days == 0,
        ),
        ("events.retention_days", config.events.retention_days == 0),
        ("media.max_size_mb", config.media.max_size_mb == 0),
        (
            "outbox.unknown_after_seconds",
            config.outbox.unknown_after_seconds == 0,
        ),
        (
            "outbox.first_pause_seconds",
            config.outbox.first_pause_seconds == 0,
        ),
        ("outbox.max_attempts", config.outbox.max_attempts <= 0),
        (
            "outbox.give_up_after_hours",
            config.outbox.give_up_after_hours == 0,
        ),
        ("linked.max_accounts", config.linked.max_accounts == 0),
        (
            "webhooks.max_per_tenant",
            config.webhooks.max_per_tenant == 0,
        ),
        ("webhooks.keep_days", config.webhooks.keep_days == 0),
        (
            "webhooks.keep_deliveries",
            config.webhooks.keep_deliveries == 0,
        ),
        (
            "webhooks.disable_after_days",
            config.webhooks.disable_after_days == 0,
        ),
        ("limits.max_accounts", config.limits.max_accounts == 0),
        ("limits.login_burst", config.limits.login_burst == 0),
        (
            "limits.login_per_minute",
            config.limits.login_per_minute == 0,
        ),
        (
            "limits.request_timeout_seconds",
            config.limits.request_timeout_seconds == 0,
        ),
        ("limits.ingest_batch", config.limits.ingest_batch == 0),
    ];
    for (key, is_zero) in numbers {
        ensure!(!is_zero, "{key}: must be more than 0");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn environment(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    fn refusal(file: &str, environment: Vec<(String, String)>) -> String {
        format!(
            "{:#}",
            from_layers(file, "hoopoe.toml", environment).unwrap_err()
        )
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file =
            "[server]\nlisten = \"127.0.0.1:1\"\npublic_url = \"https://inbox.example.com/\"";
        let config = from_layers(file, "f", environment("SERVER__LISTEN", "0.0.0.0:2")).unwrap();
        assert_eq!(config.server.listen.port(), 2);
        assert_eq!(config.public_url(), "https://inbox.example.com");
        assert!(config.is_secure());
        assert_eq!(config.auth.access_token_minutes, 15);
    }

    #[test]
    fn a_text_setting_may_look_like_a_number() {
        let config = from_layers("", "f", environment("METRICS__TOKEN", "12345")).unwrap();
        assert_eq!(config.metrics.token, "12345");
        let config = from_layers(
            "",
            "f",
            environment("SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        )
        .unwrap();
        assert_eq!(config.server.trusted_proxies.len(), 2);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let error = refusal("[server]\nlisten_on = \"x\"", Vec::new());
        assert!(
            error.contains("server.listen_on (from hoopoe.toml)"),
            "{error}"
        );
        assert!(error.contains("did you mean server.listen?"), "{error}");
        let error = refusal("", environment("DATABASE_URL", "x"));
        assert!(
            error.contains("HOOPOE_DATABASE_URL") && error.contains("database.url?"),
            "{error}"
        );
    }

    #[test]
    fn an_error_names_its_key() {
        let error = refusal("[server]\nlisten = \"nowhere\"", Vec::new());
        assert!(error.contains("server.listen"), "{error}");
        let error = refusal("", environment("AUTH__ACCESS_TOKEN_MINUTES", "soon"));
        assert!(error.contains("auth.access_token_minutes"), "{error}");
        let error = refusal("[limits]\nlogin_burst = 0", Vec::new());
        assert!(error.contains("limits.login_burst"), "{error}");
        let error = refusal("[media]\nstorage = \"s3\"", Vec::new());
        assert!(error.contains("media.s3.bucket"), "{error}");
    }
}
