//! Following the log: connects, prints what is new, asks for what is missing, and begins again when the line breaks.

use std::{collections::BTreeMap, time::Duration};

use anyhow::bail;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{
    cursors::{Cursors, Envelope},
    line::Printer,
    login::{Login, Refused},
    socket::{Packet, Socket},
};

/// Pauses between attempts to connect: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The word for the oldest event that is kept.
const START: &str = "start";

/// Somebody who follows the log.
#[derive(Debug)]
pub struct Tail {
    login: Login,
    printer: Printer,
    cursors: Cursors,
    /// How far the log was read over HTTP, as long as that is not done.
    reading: Option<String>,
    /// The question for missing events that is under way.
    asked: Option<u64>,
    /// More was missed since it was asked.
    is_behind: bool,
    /// The handshake told what we have, so that `sync` follows `hello`.
    is_known: bool,
}

#[derive(Debug, Deserialize)]
struct Hello {
    epoch: String,
    streams: BTreeMap<String, i64>,
}

#[derive(Debug, Deserialize)]
struct Batch {
    stream: String,
    events: Vec<Envelope>,
}

#[derive(Debug, Deserialize)]
struct Sync {
    #[serde(default)]
    streams: Vec<SyncStream>,
}

#[derive(Debug, Deserialize)]
struct SyncStream {
    stream: String,
    events: Vec<Envelope>,
    head: i64,
    more: bool,
    reset: bool,
}

#[derive(Debug, Deserialize)]
struct LogPage {
    events: Vec<Logged>,
    next: String,
    more: bool,
    #[serde(default)]
    reset: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Logged {
    stream: String,
    seq: i64,
    #[serde(rename = "type")]
    kind: String,
    at: i64,
    data: Box<RawValue>,
}

impl Tail {
    /// Somebody who has seen nothing yet.
    pub fn new(login: Login, printer: Printer) -> Self {
        Self {
            login,
            printer,
            cursors: Cursors::default(),
            reading: None,
            asked: None,
            is_behind: false,
            is_known: false,
        }
    }

    /// Where to go on later.
    pub fn cursor(&self) -> Option<String> {
        self.cursors.encode()
    }

    /// Prints what was since a cursor, then what comes, until the server refuses or nobody reads on.
    pub async fn run(&mut self, after: Option<&str>) -> anyhow::Result<()> {
        self.reading = after.map(beginning).transpose()?;
        let mut pause = FIRST_PAUSE;
        loop {
            let broken = match self.listen(&mut pause).await {
                Ok(never) => match never {},
                Err(error) if error.is::<Refused>() || error.is::<std::io::Error>() => {
                    return Err(error);
                }
                Err(error) => error,
            };
            eprintln!("hoopoe: {broken:#}; trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Reads the log over HTTP up to now, page by page, so that a broken page is all that is asked for again.
    async fn read_log(&mut self) -> anyhow::Result<()> {
        while let Some(cursor) = &self.reading {
            let path = format!("events?limit=500&after={cursor}");
            let page: LogPage = self.login.get(&path).await?;
            for logged in page.events {
                let event = Envelope {
                    seq: logged.seq,
                    kind: logged.kind,
                    at: logged.at,
                    data: logged.data,
                };
                self.printer.print(&logged.stream, &event)?;
            }
            for stream in page.reset {
                self.printer.tell_of_hole(&stream);
            }
            self.cursors = Cursors::decode(&page.next)?;
            self.reading = page.more.then_some(page.next);
        }
        Ok(())
    }

    /// One connection, from its handshake to its end.
    async fn listen(&mut self, pause: &mut Duration) -> anyhow::Result<std::convert::Infallible> {
        self.read_log().await?;
        let token = self.login.token().await?;
        let mut auth = json!({ "token": token });
        self.is_known = !self.cursors.is_empty();
        if let (true, Some(auth)) = (self.is_known, auth.as_object_mut()) {
            let (epoch, cursors) = self.cursors.parts();
            auth.insert("epoch".to_owned(), json!(epoch));
            auth.insert("cursors".to_owned(), json!(cursors));
        }
        let mut socket = Socket::connect(self.login.http(), self.login.url(), &auth).await?;
        (self.asked, self.is_behind) = (None, false);
        loop {
            let renewal = after(self.login.renew_after());
            tokio::select! {
                packet = socket.next() => {
                    if self.heed(&mut socket, packet?).await? {
                        *pause = FIRST_PAUSE;
                    }
                }
                () = renewal => {
                    let token = self.login.token().await?;
                    socket.ask("auth", &json!({ "token": token })).await?;
                }
            }
        }
    }

    /// Does what a packet asks for; tells whether it showed that the connection works.
    async fn heed(&mut self, socket: &mut Socket, packet: Packet) -> anyhow::Result<bool> {
        match packet {
            Packet::Welcome => {}
            Packet::Refused(reason) if reason == "token_expired" => {
                self.login.expire()?;
                bail!("the token has expired");
            }
            Packet::Refused(reason) if reason == "unauthorized" => bail!(Refused(reason)),
            Packet::Refused(reason) => bail!("{reason}"),
            Packet::Bye => bail!("the server hung up"),
            Packet::Ack { id, data } => {
                if self.asked == Some(id) {
                    self.asked = None;
                    self.catch_up(&data)?;
                }
            }
            Packet::Event { name, data } => self.hear(&name, &data)?,
        }
        if self.is_behind && self.asked.is_none() {
            self.is_behind = false;
            let (epoch, cursors) = self.cursors.parts();
            let question = json!({ "epoch": epoch, "cursors": cursors });
            self.asked = Some(socket.ask("since", &question).await?);
        }
        Ok(true)
    }

    fn hear(&mut self, name: &str, data: &RawValue) -> anyhow::Result<()> {
        match name {
            "hello" => {
                let hello: Hello = serde_json::from_str(data.get())?;
                for stream in self.cursors.begin(&hello.epoch, &hello.streams) {
                    self.printer.tell_of_hole(&stream);
                }
                self.is_behind |= !self.is_known && self.cursors.are_behind(&hello.streams);
            }
            "events" => {
                let batch: Batch = serde_json::from_str(data.get())?;
                self.take(&batch.stream, batch.events)?;
            }
            "sync" => self.catch_up(data)?,
            "head" => {
                let heads = serde_json::from_str(data.get())?;
                self.is_behind |= self.cursors.are_behind(&heads);
            }
            "session:expired" => {
                self.login.expire()?;
            }
            _ => {}
        }
        Ok(())
    }

    fn take(&mut self, stream: &str, events: Vec<Envelope>) -> anyhow::Result<()> {
        let taken = self.cursors.take(stream, events);
        self.is_behind |= taken.is_gap;
        for event in &taken.news {
            self.printer.print(stream, event)?;
        }
        Ok(())
    }

    fn catch_up(&mut self, data: &RawValue) -> anyhow::Result<()> {
        let sync: Sync = serde_json::from_str(data.get())?;
        for missed in sync.streams {
            if missed.reset {
                // In another life of the log the greeting told of it already.
                if self.cursors.skip_to(&missed.stream, missed.head) {
                    self.printer.tell_of_hole(&missed.stream);
                }
                continue;
            }
            self.take(&missed.stream, missed.events)?;
            self.is_behind |= missed.more;
        }
        Ok(())
    }
}

/// The cursor that somebody gave.
fn beginning(after: &str) -> anyhow::Result<String> {
    if after == START {
        return Ok(String::new());
    }
    match Cursors::decode(after) {
        Ok(_) => Ok(after.to_owned()),
        Err(_) => bail!("--after is not a cursor: {after}"),
    }
}

/// Completes after a while, or never.
async fn after(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
