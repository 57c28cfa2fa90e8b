//! Tells the program which commit it was built from, and makes sure that the web app's folder exists, be it empty.

use std::{env, fs, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=.git/HEAD");
    println!("cargo::rerun-if-env-changed=BUILD_COMMIT_OF_HOOPOE");
    println!("cargo::rustc-env=BUILD_COMMIT_OF_HOOPOE={}", commit());
    if let Err(error) = fs::create_dir_all("web/dist") {
        println!("cargo::warning=web/dist can't be made: {error}");
    }
    // Without optimisation the files are read from disk as they are.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=web/dist");
    }
}

/// The environment's word first: container builds have no history.
fn commit() -> String {
    env::var("BUILD_COMMIT_OF_HOOPOE")
        .ok()
        .or_else(ask_git)
        .unwrap_or_else(|| "unknown".to_owned())
}

fn ask_git() -> Option<String> {
    let output = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let commit = text.trim();
    (output.status.success() && !commit.is_empty()).then(|| commit.to_owned())
}
