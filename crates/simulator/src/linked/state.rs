//! What the mock knows: phones, the companions linked to them, and who is connected. Used by all of `linked`, always under its lock.

use std::collections::{BTreeSet, HashMap, VecDeque};

use anyhow::Context as _;
use tokio::sync::mpsc;
use whatsapp_rust::{
    Jid,
    wacore::libsignal::protocol::KeyPair,
    wacore_binary::{Node, Server},
};

use super::{
    Addressing, Received, Refusal, SeenReceipt,
    endpoint::{Bundle, Endpoint, SignedKey},
    files::Kept,
    groups::Group,
    settings::Settings,
};

/// What is to go out on a connection.
#[derive(Debug)]
pub(super) enum Out {
    Stanza(Node),
    Close,
}

/// A connection, as those who write to it see it.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub id: u64,
    pub out: mpsc::UnboundedSender<Out>,
}

impl Line {
    /// Sends a stanza. A connection that has ended gets nothing, as in life.
    pub(super) fn send(&self, stanza: Node) {
        let _ = self.out.send(Out::Stanza(stanza));
    }

    pub(super) fn close(&self) {
        let _ = self.out.send(Out::Close);
    }
}

/// A device of a phone: 0 is the phone itself, all others are companions.
#[derive(Debug, Default)]
pub(super) struct Device {
    pub registration: Vec<u8>,
    pub identity: Vec<u8>,
    pub signed_key: Option<SignedKey>,
    pub keys: VecDeque<(Vec<u8>, Vec<u8>)>,
    /// The phone's signature under the companion's identity, as others are shown it.
    pub certificate: Vec<u8>,
    pub line: Option<Line>,
    /// Whether it wants what comes in: until it says so, stanzas wait.
    pub active: bool,
    /// What it was not sent yet, and messages that it has not confirmed: those come again with every connection.
    pub waiting: Vec<Node>,
    /// Whether the phone has shared its settings' key with it.
    pub greeted: bool,
    /// Its name and kind, as the phone lists it.
    pub label: (String, String),
    /// The presence it last told.
    pub presence: Option<String>,
    /// Numbers of those of whom it wants to know whether they are there.
    pub watching: BTreeSet<String>,
    pub connections: usize,
}

impl Device {
    /// What somebody needs to write to it for the first time.
    pub(super) fn bundle(&self) -> Option<Bundle> {
        Some(Bundle {
            registration: self.registration.clone(),
            identity: self.identity.clone(),
            signed: self.signed_key.clone()?,
            one_time: self.keys.front().cloned(),
        })
    }

    /// Sends a stanza now, or as soon as the companion asks for what waits.
    pub(super) fn deliver(&mut self, stanza: Node, deaf: bool) {
        let line = self.line.as_ref().filter(|_| self.active && !deaf);
        if line.is_none() || stanza.tag == "message" {
            self.waiting.push(stanza.clone());
        }
        if let Some(line) = line {
            line.send(stanza);
        }
    }

    /// Whether it said that somebody looks at it: others are shown only then, and show themselves only then.
    pub(super) fn is_available(&self) -> bool {
        self.presence.as_deref() == Some("available")
    }

    /// All that waits, for a companion that is ready for it.
    pub(super) fn hand_over(&mut self) -> Vec<Node> {
        let all = self.waiting.clone();
        self.waiting.retain(|stanza| stanza.tag == "message");
        all
    }

    /// The companion has taken a message in.
    pub(super) fn confirm(&mut self, id: &str) {
        self.waiting
            .retain(|stanza| super::stanza::attribute(stanza, "id") != id);
    }
}

/// Somebody who does not look at their phone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Away {
    /// When they last did, where they tell. Unix seconds.
    pub last_seen: Option<u64>,
}

/// A phone, be it one of ours with companions or a customer's.
pub(super) struct Phone {
    pub lid: String,
    pub name: String,
    pub identity: KeyPair,
    pub endpoint: Endpoint,
    pub settings: Settings,
    pub devices: HashMap<u16, Device>,
    pub next_device: u16,
    pub addressing: Addressing,
    pub refusal: Option<Refusal>,
    pub deaf: bool,
    /// The code with which the next message of a companion is refused.
    pub nack: Option<String>,
    /// Whether the next message of a companion is taken without a word.
    pub silent: bool,
    /// Whether it can't read the next message of a companion.
    pub garbled: bool,
    /// The id of its picture.
    pub picture: Option<String>,
    /// How often its picture was asked for.
    pub asked: usize,
    /// Its owner does not look at it.
    pub away: Option<Away>,
    /// Whom it blocks.
    pub blocked: Vec<String>,
    /// What it was shown of somebody typing.
    pub typing: Vec<String>,
    pub inbox: Vec<Received>,
    pub receipts: Vec<SeenReceipt>,
}

impl Phone {
    fn new(lid: String, name: &str) -> anyhow::Result<Self> {
        let identity = KeyPair::generate(&mut rand::rng());
        let endpoint = Endpoint::new(&identity)?;
        let own = Device {
            registration: Endpoint::registration(),
            identity: endpoint.identity(),
            signed_key: Some(endpoint.signed_key()?),
            ..Device::default()
        };
        Ok(Self {
            lid,
            name: name.to_owned(),
            identity,
            endpoint,
            settings: Settings::new(name)?,
            devices: HashMap::from([(0, own)]),
            next_device: 1,
            addressing: Addressing::Phone,
            refusal: None,
            deaf: false,
            nack: None,
            silent: false,
            garbled: false,
            picture: None,
            asked: 0,
            away: None,
            blocked: Vec::new(),
            typing: Vec::new(),
            inbox: Vec::new(),
            receipts: Vec::new(),
        })
    }

    /// The numbers of its companions that can be written to.
    pub(super) fn companions(&self) -> Vec<u16> {
        let mut numbers: Vec<u16> = self
            .devices
            .iter()
            .filter(|(number, device)| **number != 0 && device.signed_key.is_some())
            .map(|(number, _)| *number)
            .collect();
        numbers.sort_unstable();
        numbers
    }

    /// The connections of its companions.
    pub(super) fn lines(&self) -> Vec<Line> {
        let lines = self.devices.values().map(|device| device.line.clone());
        lines.flatten().collect()
    }
}

/// A companion that asked for a code to be typed into the phone.
pub(super) struct CodeFlow {
    pub line: Line,
    pub wrapped_key: Vec<u8>,
    pub reference: Vec<u8>,
    /// Our ephemeral key and the companion's, once the code was typed.
    pub keys: Option<(KeyPair, [u8; 32])>,
}

/// Everything the mock knows.
#[derive(Default)]
pub(super) struct State {
    pub phones: HashMap<String, Phone>,
    pub numbers: HashMap<String, String>,
    /// Connections that show a QR code, by the reference in it.
    pub references: HashMap<String, Line>,
    /// Which companion a connection is becoming.
    pub pairing: HashMap<u64, (String, u16)>,
    /// What clients that want to be linked say of themselves: name and kind.
    pub labels: HashMap<u64, (String, String)>,
    pub codes: HashMap<String, CodeFlow>,
    pub groups: HashMap<String, Group>,
    /// Where the file servers are.
    pub host: String,
    /// Files on them, by their paths.
    pub files: HashMap<String, Vec<u8>>,
    /// Files that phones have sent and still have, by their messages' ids.
    pub kept: HashMap<String, Kept>,
    counter: u64,
}

impl State {
    /// A number that was not given out before.
    pub(super) fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// The connections of those who show a QR code.
    pub(super) fn unlinked(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.references.values().cloned().collect();
        lines.sort_by_key(|line| line.id);
        lines.dedup_by_key(|line| line.id);
        lines
    }

    /// An id for a message.
    pub(super) fn next_id(&mut self) -> String {
        format!("MOCK{:012}", self.next())
    }

    /// A phone, made where there is none.
    pub(super) fn add_phone(&mut self, number: &str, name: &str) -> anyhow::Result<()> {
        if self.phones.contains_key(number) {
            return Ok(());
        }
        // A LID tells nothing of the number: it only has to differ.
        let lid = format!("1{:014}", 70_000_000 + self.next());
        self.numbers.insert(lid.clone(), number.to_owned());
        self.phones
            .insert(number.to_owned(), Phone::new(lid, name)?);
        Ok(())
    }

    pub(super) fn phone(&mut self, number: &str) -> anyhow::Result<&mut Phone> {
        let phone = self.phones.get_mut(number);
        phone.with_context(|| format!("there is no phone {number}"))
    }

    pub(super) fn device(
        &mut self,
        (number, device): &(String, u16),
    ) -> anyhow::Result<&mut Device> {
        let found = self.phone(number)?.devices.get_mut(device);
        found.with_context(|| format!("{number} has no device {device}"))
    }

    /// Whose device an address is, by phone number or LID.
    pub(super) fn resolve(&self, jid: &str) -> Option<(String, u16)> {
        let jid: Jid = jid.parse().ok()?;
        let number = match jid.server {
            Server::Lid => self.numbers.get(jid.user.as_str())?.clone(),
            _ => jid.user.to_string(),
        };
        self.phones
            .contains_key(&number)
            .then_some((number, jid.device))
    }

    /// Forgets a connection that ended.
    pub(super) fn hang_up(&mut self, id: u64) {
        let devices = self
            .phones
            .values_mut()
            .flat_map(|phone| phone.devices.values_mut());
        for device in devices {
            if device.line.as_ref().is_some_and(|line| line.id == id) {
                device.line = None;
                device.active = false;
                device.watching.clear();
            }
        }
        self.labels.remove(&id);
        self.pairing.remove(&id);
        self.references.retain(|_, line| line.id != id);
        self.codes.retain(|_, flow| flow.line.id != id);
    }
}
