//! The settings as they may be shown: with secrets masked.

use super::Config;

/// Settings that are never shown.
const MASKED: &[&str] = &["metrics.token", "media.s3.secret_access_key"];

impl Config {
    /// The settings in force as TOML, with secrets masked.
    ///
    /// # Errors
    /// Never in practice: all settings are plain values.
    pub fn masked(&self) -> anyhow::Result<String> {
        let mut shown = self.clone();
        shown.database.url = mask_password(&self.database_url());
        let mut table = toml::Table::try_from(&shown)?;
        for key in MASKED {
            mask(&mut table, key);
        }
        Ok(toml::to_string(&table)?)
    }
}

fn mask(table: &mut toml::Table, key: &str) {
    match key.split_once('.') {
        Some((section, rest)) => {
            if let Some(toml::Value::Table(inner)) = table.get_mut(section) {
                mask(inner, rest);
            }
        }
        None => {
            if let Some(toml::Value::String(text)) = table.get_mut(key)
                && !text.is_empty()
            {
                "********".clone_into(text);
            }
        }
    }
}

fn mask_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    match rest.rsplit_once('@') {
        Some((login, host)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:********@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn secrets_are_masked() {
        let mut config = Config::defaults().unwrap();
        config.metrics.token = "hush".to_owned();
        config.database.url = "postgres://me:hush@db/hoopoe".to_owned();
        let shown = config.masked().unwrap();
        assert!(!shown.contains("hush"), "{shown}");
        assert!(shown.contains("postgres://me:********@db/hoopoe"));
    }
}
