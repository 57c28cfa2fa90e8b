//! The little language in which the demo's conversations are written; used for `demo/*.txt` only.
//!
//! ```text
//! # Name | number or @username | shop or deliveries | ended 6m
//! < the customer says this
//! > the team answers
//! +3h < three hours later; without, a few minutes pass
//! < {sample potted_fern} a bundled file and its caption
//! < {quote 2} answers the line two above
//! < {react 1 ❤️}  reacts to the line above
//! ```
//!
//! More tags: `{location lat lon name | address}`, `{contact name | number | organisation}`,
//! `{order article×2@9.50, … EUR}`, `{forwarded}`, `{unsupported kind}`, and for the team `{delivered}`,
//! `{sent}`, `{failed}` instead of read. Lines that make no sense are left out; a test finds them.

use super::{ScriptedContent, ScriptedConversation, ScriptedLine, Speaker};
use crate::{MessageStatus, NewCustomer, OrderItem, Outgoing, SharedContact, samples};

const MINUTE_MS: i64 = 60_000;

/// Reads one file.
pub(super) fn conversations(language: &'static str, text: &str) -> Vec<ScriptedConversation> {
    text.split("\n# ")
        .skip(1)
        .filter_map(|block| conversation(language, block))
        .collect()
}

fn conversation(language: &'static str, block: &str) -> Option<ScriptedConversation> {
    let (head, body) = block.split_once('\n')?;
    let mut parts = head.split('|').map(str::trim);
    let (name, address, number, ended) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let mut lines = Vec::new();
    let mut gaps = Vec::new();
    for text in body.lines() {
        let at = lines.len();
        if let Some((gap_ms, line)) = scripted_line(text.trim(), at) {
            gaps.push(gap_ms);
            lines.push(line);
        }
    }
    let mut ago_ms = duration_ms(ended.strip_prefix("ended ")?)?;
    for (line, gap_ms) in lines.iter_mut().zip(gaps).rev() {
        line.ago_ms = ago_ms;
        ago_ms += gap_ms;
    }
    Some(ScriptedConversation {
        language,
        customer: customer(name, address),
        number: usize::from(number == "deliveries"),
        lines,
    })
}

fn customer(name: &str, address: &str) -> NewCustomer {
    match address.strip_prefix('@') {
        Some(username) => NewCustomer::with_username(name, username),
        // A name that is only a number stands for a profile without a name.
        None if name.starts_with('+') => NewCustomer {
            phone: Some(address.to_owned()),
            ..NewCustomer::default()
        },
        None => NewCustomer::named(name, address),
    }
}

/// Gap to the line before, in milliseconds, and the line.
fn scripted_line(text: &str, at: usize) -> Option<(i64, ScriptedLine)> {
    let (gap_ms, text) = match text.strip_prefix('+') {
        Some(rest) => {
            let (gap, rest) = rest.split_once(' ')?;
            (duration_ms(gap)?, rest)
        }
        None => (usual_gap_ms(at), text),
    };
    let (from, text) = if let Some(said) = text.strip_prefix("< ") {
        (Speaker::Customer, said)
    } else {
        (Speaker::Team, text.strip_prefix("> ")?)
    };
    let mut line = ScriptedLine {
        from,
        ago_ms: 0,
        content: ScriptedContent::Say(Outgoing::text("")),
        quote: None,
        forwarded: false,
        reached: MessageStatus::Read,
    };
    line.content = content(text, at, &mut line)?;
    Some((gap_ms, line))
}

/// Between 35 seconds and about four minutes, always the same for the same place.
fn usual_gap_ms(at: usize) -> i64 {
    let step = i64::try_from(at % 7).unwrap_or(0);
    35_000 + (step * 53_000) % (4 * MINUTE_MS)
}

fn duration_ms(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let unit_ms = match unit {
        'm' => MINUTE_MS,
        'h' => 60 * MINUTE_MS,
        'd' => 24 * 60 * MINUTE_MS,
        _ => return None,
    };
    Some(count * unit_ms)
}

/// Reads tags at the start of a line until one of them, or the text, says what it is.
fn content(text: &str, at: usize, line: &mut ScriptedLine) -> Option<ScriptedContent> {
    let Some((tag, rest)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) else {
        return Some(ScriptedContent::Say(Outgoing::text(text)));
    };
    let rest = rest.trim();
    let (name, value) = tag.split_once(' ').unwrap_or((tag, ""));
    match name {
        "quote" => line.quote = Some(at.checked_sub(value.parse().ok()?)?),
        "forwarded" => line.forwarded = true,
        "sent" => line.reached = MessageStatus::Sent,
        "delivered" => line.reached = MessageStatus::Delivered,
        "failed" => line.reached = MessageStatus::Failed,
        "react" => {
            let (back, emoji) = value.split_once(' ')?;
            return Some(ScriptedContent::React {
                line: at.checked_sub(back.parse().ok()?)?,
                emoji: emoji.to_owned(),
            });
        }
        _ => return message(name, value, rest).map(ScriptedContent::Say),
    }
    content(rest, at, line)
}

/// A message that is not plain text.
pub(super) fn message(name: &str, value: &str, rest: &str) -> Option<Outgoing> {
    let caption = (!rest.is_empty()).then_some(rest);
    match name {
        "sample" => Some(samples::find(value)?.captioned(caption)),
        "location" => location(value),
        "contact" => {
            let mut parts = value.split('|').map(|part| part.trim().to_owned());
            Some(Outgoing::Contacts(vec![SharedContact {
                name: parts.next()?,
                phone: parts.next(),
                organisation: parts.next(),
                ..SharedContact::default()
            }]))
        }
        "order" => order(value, caption),
        "unsupported" => Some(Outgoing::Unsupported {
            kind: value.to_owned(),
        }),
        _ => None,
    }
}

/// A line of `live.txt`: plain text or one tagged message.
pub(super) fn live_message(text: &str) -> Option<Outgoing> {
    match text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        Some((tag, rest)) => {
            let (name, value) = tag.split_once(' ')?;
            message(name, value, rest.trim())
        }
        None => Some(Outgoing::text(text)),
    }
}

fn location(value: &str) -> Option<Outgoing> {
    let (place, address) = value.split_once('|').unwrap_or((value, ""));
    let mut parts = place.trim().splitn(3, ' ');
    Some(Outgoing::Location {
        latitude: parts.next()?.parse().ok()?,
        longitude: parts.next()?.parse().ok()?,
        name: parts.next().map(str::to_owned),
        address: Some(address.trim().to_owned()).filter(|address| !address.is_empty()),
    })
}

fn order(value: &str, text: Option<&str>) -> Option<Outgoing> {
    let (articles, currency) = value.rsplit_once(' ')?;
    let item = |article: &str| {
        let (product, more) = article.trim().split_once('×')?;
        let (quantity, price) = more.split_once('@')?;
        Some(OrderItem {
            product_retailer_id: product.to_owned(),
            quantity: quantity.parse().ok()?,
            item_price: price.parse().ok()?,
            currency: currency.to_owned(),
        })
    };
    Some(Outgoing::Order {
        catalog_id: "300000000000001".to_owned(),
        text: text.map(str::to_owned),
        items: articles.split(',').map(item).collect::<Option<_>>()?,
    })
}
