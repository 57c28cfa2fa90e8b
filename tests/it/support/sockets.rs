//! The official JavaScript client of Socket.IO, driven over its stdin and stdout (`tests/socket-client`).

use std::{
    collections::HashMap,
    path::Path,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hoopoe_db::testing;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdout, Command},
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{Person, Server};

/// How long anything is waited for. Far more than it takes, so that a slow machine does not fail a test.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// One client program; any number of sockets.
pub struct SocketClient {
    commands: mpsc::UnboundedSender<Value>,
    routes: Arc<Routes>,
    next: AtomicU64,
    _program: Child,
}

#[derive(Default)]
struct Routes {
    sockets: Mutex<HashMap<String, mpsc::UnboundedSender<(String, Value)>>>,
    answers: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
}

/// One socket.
pub struct Socket<'a> {
    name: String,
    client: &'a SocketClient,
    events: mpsc::UnboundedReceiver<(String, Value)>,
}

impl SocketClient {
    /// Starts the program; `None` where the client's packages are not installed, and need not be.
    ///
    /// # Panics
    /// When they are required, or Node.js is not there.
    pub fn start() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/socket-client");
        if !folder.join("node_modules/socket.io-client").exists() {
            testing::leave_out(
                "a test of sockets",
                "the official Socket.IO client is not installed: run `npm ci` in tests/socket-client (`make test` does)",
            );
            return None;
        }
        let mut program = Command::new("node")
            .arg(folder.join("client.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Node.js 20 or newer, to run the official Socket.IO client");
        let (commands, mut queue) = mpsc::unbounded_channel::<Value>();
        let mut stdin = program.stdin.take().unwrap();
        tokio::spawn(async move {
            while let Some(command) = queue.recv().await {
                stdin
                    .write_all(format!("{command}\n").as_bytes())
                    .await
                    .unwrap();
            }
        });
        let routes = Arc::<Routes>::default();
        tokio::spawn(read(program.stdout.take().unwrap(), Arc::clone(&routes)));
        Some(Self {
            commands,
            routes,
            next: AtomicU64::new(1),
            _program: program,
        })
    }

    /// Connects in somebody's name.
    pub fn connect(&self, server: &Server, person: &Person) -> Socket<'_> {
        self.open(server, json!({ "token": person.token }))
    }

    /// Connects in somebody's name as a client that keeps its cursors; from the beginning of the named streams, and from now on of others.
    pub fn follow(&self, server: &Server, person: &Person, cursors: Value) -> Socket<'_> {
        self.open(
            server,
            json!({ "token": person.token, "cursors": cursors, "follow": true }),
        )
    }

    /// Connects with what the program understands as options.
    pub fn open(&self, server: &Server, options: Value) -> Socket<'_> {
        self.open_at(&server.url, options)
    }

    /// As [`open`](Self::open), to a server that is not the harness's.
    pub fn open_at(&self, url: &str, mut options: Value) -> Socket<'_> {
        let name = format!("socket-{}", self.next.fetch_add(1, Ordering::Relaxed));
        let (sender, events) = mpsc::unbounded_channel();
        self.routes
            .sockets
            .lock()
            .unwrap()
            .insert(name.clone(), sender);
        options["op"] = json!("connect");
        options["socket"] = json!(name);
        options["url"] = json!(url);
        self.commands.send(options).unwrap();
        Socket {
            name,
            client: self,
            events,
        }
    }
}

async fn read(stdout: ChildStdout, routes: Arc<Routes>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut line: Value = serde_json::from_str(&line).unwrap();
        let data = line["data"].take();
        if let Some(ack) = line["ack"].as_u64() {
            let waiting = routes.answers.lock().unwrap().remove(&ack);
            drop(waiting.map(|waiting| waiting.send(data)));
        } else if let (Some(socket), Some(event)) =
            (line["socket"].as_str(), line["event"].as_str())
        {
            let sockets = routes.sockets.lock().unwrap();
            drop(
                sockets
                    .get(socket)
                    .map(|socket| socket.send((event.to_owned(), data))),
            );
        }
    }
}

impl Socket<'_> {
    /// The next event of this name; others before it are passed over.
    pub async fn next(&mut self, event: &str) -> Value {
        self.next_where(event, |_| true).await
    }

    /// The next event of this name with such data.
    pub async fn next_where(&mut self, event: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut passed = Vec::new();
        let found = timeout(PATIENCE, async {
            while let Some((name, data)) = self.events.recv().await {
                if name == event && fits(&data) {
                    return Some(data);
                }
                passed.push(format!("{name} {data:.200}"));
            }
            None
        });
        match found.await {
            Ok(Some(data)) => data,
            _ => panic!("no {event} came, only {passed:#?}"),
        }
    }

    /// All that came before the next event of this name with such data, and that one.
    pub async fn all_until(
        &mut self,
        event: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        loop {
            let next = timeout(PATIENCE, self.events.recv()).await;
            let Ok(Some((name, data))) = next else {
                panic!("no {event} came, only {all:#?}")
            };
            let ends = name == event && fits(&data);
            all.push((name, data));
            if ends {
                return all;
            }
        }
    }

    /// The first numbered event of a type that comes live, with its stream.
    pub async fn live(&mut self, kind: &str) -> (String, Value) {
        let has = |packet: &Value| of_kind(packet, kind).is_some();
        let packet = self.next_where("events", has).await;
        let event = of_kind(&packet, kind).unwrap();
        (packet["stream"].as_str().unwrap().to_owned(), event)
    }

    /// Says something.
    pub fn emit(&self, event: &str, data: Value) {
        self.command(json!({ "op": "emit", "event": event, "data": data }));
    }

    /// Says something and waits for the acknowledgement.
    pub async fn ask(&self, event: &str, data: Value) -> Value {
        self.answer(json!({ "op": "emit", "event": event, "data": data }))
            .await
    }

    /// Waits until this following socket's cursor of a stream is at a number.
    pub async fn reach(&self, stream: &str, seq: i64) {
        self.answer(json!({ "op": "reach", "stream": stream, "seq": seq }))
            .await;
    }

    /// What a following socket has: `cursors`, `applied` (numbers and types by stream), `dropped`, `holes`, `resets`.
    pub async fn state(&self) -> Value {
        self.answer(json!({ "op": "state" })).await
    }

    /// Breaks the transport; the client comes back by itself.
    pub fn cut(&self) {
        self.command(json!({ "op": "cut" }));
    }

    /// Leaves.
    pub fn go_offline(&self) {
        self.command(json!({ "op": "offline" }));
    }

    /// Comes back.
    pub fn go_online(&self) {
        self.command(json!({ "op": "online" }));
    }

    fn command(&self, mut command: Value) {
        command["socket"] = json!(self.name);
        self.client.commands.send(command).unwrap();
    }

    async fn answer(&self, mut command: Value) -> Value {
        let ack = self.client.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.client
            .routes
            .answers
            .lock()
            .unwrap()
            .insert(ack, sender);
        command["ack"] = json!(ack);
        let asked = command.to_string();
        self.command(command);
        timeout(PATIENCE, answer)
            .await
            .unwrap_or_else(|_| panic!("no answer to {asked}"))
            .unwrap()
    }
}

fn of_kind(packet: &Value, kind: &str) -> Option<Value> {
    let events = packet["events"].as_array()?;
    events.iter().find(|event| event["type"] == kind).cloned()
}
