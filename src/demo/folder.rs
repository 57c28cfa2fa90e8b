//! The demo's own folder: made or emptied, never somebody else's; with a settings file, so that other commands find the running demo.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use hoopoe_simulator::{Customer, NewCustomer};

use crate::{cli, config::Config};

/// Settings of the demo; its presence tells that a folder is a demo's.
pub const SETTINGS: &str = "hoopoe.toml";

/// The simulated people of a demo that is to be kept.
const CUSTOMERS: &str = "customers.json";

/// The folder, locked against a second demo for as long as this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: Option<File>,
}

impl Folder {
    /// Makes the folder, or empties it unless it is to be kept.
    ///
    /// # Errors
    /// When it holds anything but a demo, or a demo runs in it.
    pub fn open(config: &Config, keep: bool) -> anyhow::Result<Self> {
        let path = config.data_dir.clone();
        refuse_foreign(&path)?;
        let lock = cli::lock(config)?;
        if !keep {
            empty(&path)?;
        }
        let folder = Self { path, _lock: lock };
        folder.write(SETTINGS, &settings(config))?;
        Ok(folder)
    }

    /// Where the settings are.
    pub fn settings(&self) -> PathBuf {
        self.path.join(SETTINGS)
    }

    /// Notes who the simulated people are, so that a kept demo knows them again.
    pub fn keep_customers(&self, customers: &[Customer]) -> anyhow::Result<()> {
        self.write(CUSTOMERS, &serde_json::to_string(customers)?)
    }

    /// The simulated people of a kept demo; nobody where there is no note.
    pub fn customers(&self) -> anyhow::Result<Vec<NewCustomer>> {
        let text = match fs::read_to_string(self.path.join(CUSTOMERS)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).context("the demo's customers can't be read"),
        };
        let kept: Vec<Customer> = serde_json::from_str(&text)?;
        Ok(kept.into_iter().map(invented_again).collect())
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path.join(name);
        fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))
    }
}

fn invented_again(customer: Customer) -> NewCustomer {
    NewCustomer {
        name: customer.name,
        phone: Some(customer.wa_id),
        user_id: Some(customer.user_id),
        username: customer.username,
        hide_phone: customer.hide_phone,
    }
}

fn settings(config: &Config) -> String {
    let folder = toml::Value::from(config.data_dir.display().to_string());
    let listen = toml::Value::from(config.server.listen.to_string());
    format!(
        "# Written by `hoopoe demo`, so that other commands find it:\n\
         #   hoopoe --config {SETTINGS} login-link --email …\n\
         data_dir = {folder}\n\n[server]\nlisten = {listen}\n"
    )
}

/// A folder with anything in it that no demo has written is left alone.
fn refuse_foreign(path: &Path) -> anyhow::Result<()> {
    let is_empty = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        Err(error) => {
            return Err(error).with_context(|| format!("{} can't be read", path.display()));
        }
    };
    if is_empty {
        return Ok(());
    }
    match fs::read_to_string(path.join(SETTINGS)) {
        Ok(text) if text.starts_with("# Written by `hoopoe demo`") => Ok(()),
        _ => bail!(
            "{} holds something else than a demo: name another folder with --data-dir",
            path.display()
        ),
    }
}

/// Removes everything but the lock, which we hold, and the settings, which are written anew.
fn empty(path: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == SETTINGS || name.to_string_lossy().ends_with(".lock") {
            continue;
        }
        let removed = if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())
        } else {
            fs::remove_file(entry.path())
        };
        removed.with_context(|| format!("{} can't be removed", entry.path().display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn config(folder: &Path) -> Config {
        let mut config = Config::defaults().unwrap();
        config.data_dir = folder.to_owned();
        config
    }

    #[test]
    fn a_folder_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
        let refused = Folder::open(&config(folder.path()), false).unwrap_err();
        assert!(refused.to_string().contains("something else"), "{refused}");
        assert!(folder.path().join("thesis.txt").exists());
    }

    #[test]
    fn a_demo_begins_anew_unless_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (config, trace) = (config(folder.path()), folder.path().join("trace"));
        let open = |keep| drop(Folder::open(&config, keep).unwrap());
        open(false);
        fs::write(&trace, "").unwrap();
        open(true);
        assert!(trace.exists());
        open(false);
        assert!(!trace.exists());
    }

    #[test]
    fn two_demos_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = Folder::open(&config(folder.path()), false).unwrap();
        assert!(Folder::open(&config(folder.path()), false).is_err());
        drop(first);
        assert!(Folder::open(&config(folder.path()), false).is_ok());
    }
}
