//! A gentle trickle of new messages while the demo runs: known customers write, now and then somebody new;
//! people look at their phones and sometimes answer. Started by `hoopoe demo`.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::ScriptedConversation;
use super::parse::live_message;
use crate::engine::PageEvent;
use crate::ids::random_below;
use crate::{ChatEntry, MessageStatus, NewCustomer, Side, SimError, Simulator};

/// How lively it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveOptions {
    /// Shortest wait between two messages, in milliseconds.
    pub least_wait_ms: u64,
    /// Longest wait between two messages, in milliseconds.
    pub longest_wait_ms: u64,
    /// Customers read what the team sends after a few seconds, and often answer.
    pub answers: bool,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            least_wait_ms: 20_000,
            longest_wait_ms: 40_000,
            answers: true,
        }
    }
}

/// Traffic that is running; it ends with `stop`, or when this or the simulator goes.
#[derive(Debug)]
pub struct LiveTraffic {
    stop: CancellationToken,
}

impl LiveTraffic {
    /// Ends the traffic.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for LiveTraffic {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Lines by language: those that begin, and those that answer.
struct Phrases {
    openers: HashMap<&'static str, Vec<&'static str>>,
    answers: HashMap<&'static str, Vec<&'static str>>,
}

impl Phrases {
    fn load() -> Self {
        let mut phrases = Self {
            openers: HashMap::new(),
            answers: HashMap::new(),
        };
        let text = include_str!("../../demo/live.txt");
        for line in text.lines().filter(|line| !line.starts_with("//")) {
            let Some((language, said)) = line.split_once(' ') else {
                continue;
            };
            let (book, said) = match said.strip_prefix("> ") {
                Some(answer) => (&mut phrases.answers, answer),
                None => (&mut phrases.openers, said),
            };
            book.entry(language).or_default().push(said);
        }
        phrases
    }
}

/// Somebody who writes during the demo.
#[derive(Clone)]
struct Regular {
    language: &'static str,
    number: usize,
    customer: String,
}

/// People who turn up while the demo runs: language and who they are.
fn newcomers() -> Vec<(&'static str, NewCustomer)> {
    let line = |line: &'static str| {
        let mut parts = line.split('|').map(str::trim);
        let (language, name, phone) = (parts.next()?, parts.next()?, parts.next()?);
        Some((language, NewCustomer::named(name, phone)))
    };
    let text = include_str!("../../demo/newcomers.txt");
    text.lines().filter_map(line).collect()
}

fn pick<T>(items: &[T]) -> Option<&T> {
    let bound = u64::try_from(items.len()).unwrap_or(0);
    items.get(usize::try_from(random_below(bound)).unwrap_or(0))
}

impl Simulator {
    /// Lets the people of a script go on writing, about one message per wait. Keep what it returns.
    #[must_use = "the traffic ends when this is dropped"]
    pub fn live_traffic(
        &self,
        script: &[ScriptedConversation],
        options: LiveOptions,
    ) -> LiveTraffic {
        let stop = self.engine.stop_signal().child_token();
        let regulars: Vec<Regular> = script
            .iter()
            .map(|conversation| Regular {
                language: conversation.language,
                number: conversation.number,
                customer: self.add_customer(conversation.customer.clone()).id,
            })
            .collect();
        if options.answers {
            let (simulator, people) = (self.clone(), regulars.clone());
            let ends = stop.clone().cancelled_owned();
            self.engine.spawn(async move {
                tokio::select! { () = ends => {} () = simulator.answer_the_team(people) => {} }
            });
        }
        let (simulator, ends) = (self.clone(), stop.clone().cancelled_owned());
        self.engine.spawn(async move {
            tokio::select! { () = ends => {} () = simulator.keep_writing(regulars, options) => {} }
        });
        LiveTraffic { stop }
    }

    async fn keep_writing(&self, mut regulars: Vec<Regular>, options: LiveOptions) {
        let phrases = Phrases::load();
        let mut strangers = newcomers();
        let spread = options
            .longest_wait_ms
            .saturating_sub(options.least_wait_ms);
        loop {
            let wait_ms = options.least_wait_ms + random_below(spread + 1);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            if random_below(6) == 0
                && let Some((language, new)) = strangers.pop()
            {
                regulars.push(Regular {
                    language,
                    number: 0,
                    customer: self.add_customer(new).id,
                });
                if let Some(newest) = regulars.last() {
                    let _ = self.say_one_of(newest, &phrases.openers);
                }
            } else if let Some(somebody) = pick(&regulars) {
                let _ = self.say_one_of(somebody, &phrases.openers);
            }
        }
    }

    fn say_one_of(
        &self,
        who: &Regular,
        book: &HashMap<&'static str, Vec<&'static str>>,
    ) -> Result<(), SimError> {
        let said = book.get(who.language).and_then(|lines| pick(lines));
        let Some(what) = said.and_then(|said| live_message(said)) else {
            return Ok(());
        };
        let numbers = self.numbers();
        let position = who.number.checked_rem(numbers.len()).unwrap_or(0);
        match numbers.get(position) {
            Some(number) => self
                .customer_sends(&number.phone_number_id, &who.customer, what)
                .map(drop),
            None => Ok(()),
        }
    }

    async fn answer_the_team(&self, regulars: Vec<Regular>) {
        let languages: HashMap<String, &'static str> = regulars
            .into_iter()
            .map(|regular| (regular.customer, regular.language))
            .collect();
        let mut seen: HashSet<String> = HashSet::new();
        let mut events = self.engine.listen();
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            let PageEvent::Entry { entry } = event else {
                continue;
            };
            let arrived = entry.from == Side::Business
                && entry.status == Some(MessageStatus::Delivered)
                && self.is_recent(entry.at);
            if arrived && seen.insert(entry.id.clone()) {
                let language = languages.get(&entry.customer).copied().unwrap_or("en");
                let simulator = self.clone();
                let reading = async move { simulator.read_and_answer(*entry, language).await };
                self.engine.spawn(reading);
            }
        }
    }

    /// Past messages of the script are not to be answered now.
    fn is_recent(&self, at_ms: i64) -> bool {
        self.engine.clock.now_ms() - at_ms < 60_000
    }

    async fn read_and_answer(&self, entry: ChatEntry, language: &'static str) {
        let pause = |least: u64, spread: u64| Duration::from_millis(least + random_below(spread));
        tokio::time::sleep(pause(1_200, 2_500)).await;
        let (number, customer) = (&entry.phone_number_id, &entry.customer);
        let _ = self.customer_reads(number, customer);
        if random_below(5) < 2 {
            return;
        }
        tokio::time::sleep(pause(5_000, 7_000)).await;
        // Whoever wrote in the meantime has answered already.
        let newer = self.chat(number, customer).is_ok_and(|chat| {
            let last = chat.last();
            last.is_some_and(|last| last.id != entry.id)
        });
        if newer {
            return;
        }
        let phrases = Phrases::load();
        let said = phrases.answers.get(language).and_then(|lines| pick(lines));
        if let Some(what) = said.and_then(|said| live_message(said)) {
            let _ = self.customer_sends(number, customer, what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_something_to_say() {
        let phrases = Phrases::load();
        for (language, _) in super::super::SCRIPTS {
            assert!(phrases.openers.contains_key(language), "{language}");
            assert!(phrases.answers.contains_key(language), "{language}");
        }
        for lines in phrases.openers.values().chain(phrases.answers.values()) {
            assert!(lines.iter().all(|line| live_message(line).is_some()));
        }
        assert_eq!(newcomers().len(), 10);
    }
}
