//! The program itself: its commands, and what it says when something is wrong.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::json;

/// The program in a folder of its own, without the settings of whoever runs the tests.
fn hoopoe(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hoopoe"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HOOPOE_")) {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("HOOPOE_SERVER__LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    hoopoe(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// A server that is ended with the test.
struct Serving {
    child: Child,
    /// The link to the set-up page.
    link: String,
}

impl Serving {
    fn start(folder: &Path) -> Self {
        let mut child = hoopoe(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let link = lines
            .map_while(Result::ok)
            .find(|line| line.contains("/setup#token="))
            .unwrap();
        Self {
            child,
            link: link.trim().to_owned(),
        }
    }
}

impl Serving {
    /// The link is printed a little before the server begins.
    fn wait_until_it_answers(&self) {
        let host = self.link.strip_prefix("http://").unwrap();
        let host = host.split('/').next().unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        let request = format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn check_config_prints_what_is_in_force_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = "[metrics]\ntoken = \"hush\"\n[log]\nformat = \"text\"\n";
    std::fs::write(folder.path().join("hoopoe.toml"), file).unwrap();
    let output = run(folder.path(), &["check-config"]);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("listen = \"127.0.0.1:0\""), "{text}");
    assert!(
        text.contains("format = \"text\"") && !text.contains("hush"),
        "{text}"
    );
}

#[test]
fn a_misspelt_setting_is_refused_with_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("hoopoe.toml"),
        "[server]\nlistn = \"x\"\n",
    )
    .unwrap();
    let output = run(folder.path(), &["check-config"]);
    assert!(!output.status.success());
    let text = said(&output);
    assert!(
        text.contains("server.listn") && text.contains("did you mean server.listen?"),
        "{text}"
    );
}

#[test]
fn create_admin_takes_or_makes_up_a_password_and_login_link_lets_in() {
    let folder = tempfile::tempdir().unwrap();
    let first = [
        "create-admin",
        "--email",
        "Ana@shop.example",
        "--name",
        "Ana",
        "--organisation",
        "Shop",
    ];
    let output = run(folder.path(), &first);
    let text = said(&output);
    assert!(
        output.status.success() && text.contains("ana@shop.example is now an admin of Shop"),
        "{text}"
    );
    assert!(text.contains("Password (shown only now): "), "{text}");

    let second = [
        "create-admin",
        "--email",
        "ben@shop.example",
        "--name",
        "Ben",
        "--password-stdin",
    ];
    let mut child = hoopoe(folder.path())
        .args(second)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"correct horse battery\n")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && !said(&output).contains("Password"),
        "{}",
        said(&output)
    );

    let taken = run(folder.path(), &first);
    assert!(
        !taken.status.success() && said(&taken).contains("email is already taken"),
        "{}",
        said(&taken)
    );
    let link = run(
        folder.path(),
        &["login-link", "--email", "ben@shop.example"],
    );
    assert!(said(&link).contains("/login#link="), "{}", said(&link));
    let nobody = run(
        folder.path(),
        &["login-link", "--email", "nobody@shop.example"],
    );
    assert!(!nobody.status.success());
}

#[test]
fn commands_do_not_disturb_a_server_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    serving.wait_until_it_answers();
    let half = folder.path().join("data/media-incoming/half-fetched");
    std::fs::write(&half, "x").unwrap();
    let admin = [
        "create-admin",
        "--email",
        "ana@shop.example",
        "--name",
        "Ana",
        "--organisation",
        "Shop",
    ];
    for arguments in [&admin[..], &["login-link", "--email", "ana@shop.example"]] {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{}", said(&output));
    }
    assert!(half.exists(), "what the server fetches is not thrown away");
    for arguments in [&["migrate"][..], &["migrate", "--new-epoch"]] {
        let output = run(folder.path(), arguments);
        assert!(
            !output.status.success() && said(&output).contains("another process serves"),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn a_new_life_of_the_log_is_begun_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["migrate"]);
    let output = run(folder.path(), &["migrate", "--new-epoch"]);
    assert!(
        output.status.success() && said(&output).contains("A new life of the event log begins"),
        "{}",
        said(&output)
    );
}

#[test]
fn migrate_brings_a_fresh_database_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["migrate"]);
    assert!(said(&output).contains("(it was at 0)"), "{}", said(&output));
    let again = run(folder.path(), &["migrate"]);
    assert!(!said(&again).contains("(it was at 0)"), "{}", said(&again));
}

#[test]
fn the_committed_description_of_the_api_is_the_programs() {
    let folder = tempfile::tempdir().unwrap();
    let printed = said(&run(folder.path(), &["openapi"]));
    let document: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(document["openapi"], json!("3.1.0"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        printed == committed,
        "openapi.json is not what the program prints: run make gen"
    );
}

#[test]
fn the_first_start_prints_a_setup_link_and_a_second_node_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    assert!(
        serving.link.starts_with("http://127.0.0.1:") && !serving.link.contains(":0/"),
        "{}",
        serving.link
    );
    let key = std::fs::metadata(folder.path().join("data/hoopoe.key")).unwrap();
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777,
        0o600
    );
    let data = std::fs::metadata(folder.path().join("data")).unwrap();
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o777,
        0o700
    );
    let second = run(folder.path(), &[]);
    assert!(!second.status.success());
    assert!(
        said(&second).contains("SQLite means one node"),
        "{}",
        said(&second)
    );
}

#[cfg(unix)]
#[test]
fn the_server_stops_in_order_when_the_system_asks_it_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut serving = Serving::start(folder.path());
    let id = serving.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(serving.child.wait().unwrap().success());
}
