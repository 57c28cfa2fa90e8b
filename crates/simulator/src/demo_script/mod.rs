//! Believable demo traffic: past conversations in eight languages, and people who keep writing.
//! `hoopoe demo` calls `conversations`, then `Simulator::play`, then `Simulator::live_traffic`.

mod live;
mod parse;
mod play;

pub use live::{LiveOptions, LiveTraffic};

use crate::{MessageStatus, NewCustomer, Outgoing};

/// Who says a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The customer: an inbound message.
    Customer,
    /// The team: an echo of the business's own phone, followed by its statuses.
    Team,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptedContent {
    /// A message.
    Say(Outgoing),
    /// A reaction to an earlier line.
    React {
        /// Index of that line in its conversation.
        line: usize,
        /// The emoji.
        emoji: String,
    },
}

/// One line of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptedLine {
    /// Who says it.
    pub from: Speaker,
    /// How long ago, in milliseconds.
    pub ago_ms: i64,
    /// What it is.
    pub content: ScriptedContent,
    /// Index of the line it answers.
    pub quote: Option<usize>,
    /// Marked as forwarded.
    pub forwarded: bool,
    /// Lines of the team: how far they got.
    pub reached: MessageStatus,
}

/// One conversation, oldest line first.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptedConversation {
    /// Two-letter language.
    pub language: &'static str,
    /// Who writes.
    pub customer: NewCustomer,
    /// Which business number, by position; modulo how many there are.
    pub number: usize,
    /// The lines.
    pub lines: Vec<ScriptedLine>,
}

const SCRIPTS: [(&str, &str); 8] = [
    ("en", include_str!("../../demo/english.txt")),
    ("es", include_str!("../../demo/spanish.txt")),
    ("pt", include_str!("../../demo/portuguese.txt")),
    ("ro", include_str!("../../demo/romanian.txt")),
    ("hi", include_str!("../../demo/hindi.txt")),
    ("ar", include_str!("../../demo/arabic.txt")),
    ("ja", include_str!("../../demo/japanese.txt")),
    ("uk", include_str!("../../demo/ukrainian.txt")),
];

/// All conversations of the demo, spread over the past ten days. A shop for plants with two numbers:
/// 0 the shop, 1 its deliveries.
pub fn conversations() -> Vec<ScriptedConversation> {
    SCRIPTS
        .iter()
        .flat_map(|(language, text)| parse::conversations(language, text))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const DAY_MS: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn every_written_line_is_understood() {
        for (language, text) in SCRIPTS {
            let written = text
                .lines()
                .filter(|line| line.contains("< ") || line.contains("> "))
                .count();
            let understood: usize = parse::conversations(language, text)
                .iter()
                .map(|conversation| conversation.lines.len())
                .sum();
            assert_eq!(written, understood, "{language}");
        }
    }

    #[test]
    fn the_script_has_everything_a_demo_should_show() {
        let all = conversations();
        assert!(all.len() >= 40, "{}", all.len());
        let numbers: HashSet<_> = all
            .iter()
            .filter_map(|c| c.customer.phone.clone())
            .collect();
        assert!(numbers.len() >= all.len() - 1, "no number is used twice");
        assert!(all.iter().any(|c| c.customer.hide_phone));
        let said: Vec<String> = all
            .iter()
            .flat_map(|c| &c.lines)
            .filter_map(|line| match &line.content {
                ScriptedContent::Say(what) => Some(what.clone().into_parts().kind),
                ScriptedContent::React { .. } => None,
            })
            .collect();
        for kind in [
            "text",
            "image",
            "audio",
            "video",
            "document",
            "sticker",
            "location",
            "contacts",
            "order",
            "unsupported",
        ] {
            assert!(said.iter().any(|said| said == kind), "no {kind}");
        }
    }

    #[test]
    fn lines_follow_one_another_within_ten_days() {
        for conversation in conversations() {
            let times: Vec<i64> = conversation.lines.iter().map(|line| line.ago_ms).collect();
            assert!(times.is_sorted_by(|a, b| a > b), "{conversation:?}");
            assert!(times.first().is_some_and(|ago| *ago < 10 * DAY_MS));
        }
    }
}
