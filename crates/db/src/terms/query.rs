//! Queries: the words of what somebody typed, as ranges of the index.

use serde::Serialize;

use crate::sql::Batch;

use super::{MIN_LAST_DIGITS, fold::words, id_term, reversed};

/// Most words of a query that are looked at.
const MAX_QUERY_WORDS: usize = 4;

/// One word of a query: a contact has it when one of its words lies in either range (the end not included).
#[derive(Debug, Clone, PartialEq, Eq)]
struct QueryWord {
    /// As the word begins.
    from: String,
    /// The first text behind all that begin so.
    until: String,
    /// As the reversed number begins, for a word of digits; an empty range for others.
    back_from: String,
    /// The first text behind all that begin so.
    back_until: String,
}

/// The words of a query, at most [`MAX_QUERY_WORDS`]; every one of them must match. A number may be written with spaces and signs.
fn query(text: &str) -> Vec<QueryWord> {
    if let Some(digits) = as_number(text) {
        return vec![QueryWord::of_digits(&digits)];
    }
    let mut found: Vec<QueryWord> = Vec::new();
    for word in text.split_whitespace().flat_map(query_words) {
        let is_digits = word.bytes().all(|byte| byte.is_ascii_digit());
        let word = if is_digits {
            QueryWord::of_digits(&word)
        } else {
            QueryWord::new(&word, NOTHING)
        };
        if !found.contains(&word) && found.len() < MAX_QUERY_WORDS {
            found.push(word);
        }
    }
    found
}

/// A business-scoped user id stays one word; all else is split like a name.
fn query_words(word: &str) -> Vec<String> {
    let (country, rest) = word.split_once('.').unwrap_or_default();
    let is_id = country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_alphabetic())
        && rest.len() >= 8
        && rest.bytes().any(|byte| byte.is_ascii_digit());
    if is_id {
        vec![id_term(word)]
    } else {
        words(word)
    }
}

/// The digits of a query that is one number, however it is written.
fn as_number(text: &str) -> Option<String> {
    let is_number = text
        .chars()
        .all(|character| character.is_ascii_digit() || "+-() ./\u{a0}".contains(character));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (is_number && digits.len() >= MIN_LAST_DIGITS).then_some(digits)
}

/// The beginning of no word at all: a range of nothing.
const NOTHING: &str = "";

impl QueryWord {
    fn new(forward: &str, backward: &str) -> Self {
        let end = |beginning: &str| {
            if beginning == NOTHING {
                String::new()
            } else {
                format!("{beginning}\u{10ffff}")
            }
        };
        Self {
            from: forward.to_owned(),
            until: end(forward),
            back_from: backward.to_owned(),
            back_until: end(backward),
        }
    }

    fn of_digits(digits: &str) -> Self {
        // A trunk prefix (0) or an international one (00) is dialled but not part of the number.
        let significant = digits.trim_start_matches('0');
        let forward = if significant.is_empty() {
            digits
        } else {
            significant
        };
        if digits.len() < MIN_LAST_DIGITS {
            return Self::new(forward, NOTHING);
        }
        Self::new(forward, &format!("~{}", reversed(digits)))
    }
}

/// A statement over the contacts `c` that have every word of a query: `select` and `rest` stand around `FROM … WHERE …`. The query's [rows](query_rows)
/// are `$1`, the tenant is `$2`, and the number of words `$3`. One text for any number of words; every range, and then every contact, is read from an
/// index: CROSS JOIN makes SQLite keep the order of the tables as written, LATERAL with OFFSET makes PostgreSQL look up row by row, whose
/// planner takes an unknown range of words for a quarter of the table.
pub(crate) fn matching(select: &str, rest: &str) -> Batch {
    let text = |terms: &str, contacts: &str| {
        format!(
            "{select} FROM (SELECT t.contact_id FROM {{rows: word BIGINT, since TEXT, until TEXT}} CROSS JOIN {terms}
               GROUP BY t.contact_id HAVING count(DISTINCT r.word) = $3) AS found
             CROSS JOIN {contacts} WHERE c.id = found.contact_id AND c.tenant_id = $2 AND c.merged_into IS NULL {rest}"
        )
    };
    let range = "tenant_id = $2 AND term >= r.since AND term < r.until";
    Batch::per_engine(
        &text(&format!("contact_terms t WHERE {range}"), "contacts c"),
        &text(
            &format!("LATERAL (SELECT contact_id FROM contact_terms WHERE {range} OFFSET 0) AS t"),
            "LATERAL (SELECT * FROM contacts WHERE id = found.contact_id OFFSET 0) AS c",
        ),
    )
}

/// A query as [`matching`] wants it: rows and number of words; `None` where the text has no word to search by.
pub(crate) fn query_rows(text: &str) -> Option<(Vec<WordRange>, i64)> {
    let words = query(text);
    let count = i64::try_from(words.len()).unwrap_or(i64::MAX);
    let rows: Vec<WordRange> = (0_i64..)
        .zip(words)
        .flat_map(|(word, range)| {
            [
                (range.from, range.until),
                (range.back_from, range.back_until),
            ]
            .map(|(since, until)| WordRange { word, since, until })
        })
        .filter(|row| !row.since.is_empty())
        .collect();
    (count > 0).then_some((rows, count))
}

/// Terms between which one word of a query is found.
#[derive(Debug, Serialize)]
pub(crate) struct WordRange {
    word: i64,
    since: String,
    until: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(text: &str) -> Vec<String> {
        query(text).into_iter().map(|word| word.from).collect()
    }

    #[test]
    fn a_query_of_a_number_is_one_word_however_it_is_written() {
        let expected = QueryWord::new("5511987654321", "~1234567891155");
        assert_eq!(query("+55 (11) 98765-4321"), [expected]);
        assert_eq!(forward("0151 12345"), ["15112345"]);
        assert_eq!(query("12"), [QueryWord::new("12", NOTHING)]);
    }

    #[test]
    fn a_query_has_few_words_and_no_doubles() {
        assert_eq!(forward("a b c d e f"), ["a", "b", "c", "d"]);
        assert_eq!(forward("Ana  ána"), ["ana"]);
        assert_eq!(forward("@maria.silva"), ["maria", "silva"]);
        assert_eq!(forward("US.13491208655302741918"), ["13491208655302741918"]);
        assert!(forward("  …  ").is_empty());
    }

    #[test]
    fn every_beginning_sorts_before_its_end() {
        let range = QueryWord::new("ana", NOTHING);
        for term in ["ana", "anazzz", "ana\u{10fffe}", "ana王"] {
            assert!(range.from.as_str() <= term && term < range.until.as_str());
        }
        assert!("anb" > range.until.as_str());
        assert!(
            range.back_from >= range.back_until,
            "the range of nothing is empty"
        );
    }
}
