//! The words by which a contact is found, and the search over them. Words are folded (case, accents, width) and matched by their
//! beginning through the index; numbers are found by their first digits with and without country code, and by their last ones.

mod fold;
mod query;

pub(crate) use query::{matching, query_rows};

use self::fold::{beginnings, clip, fold, words};
use crate::{
    DbResult, Tx,
    ids::{ContactId, TenantId},
    phone,
    sql::{Rows, batch, execute},
};
use serde::Serialize;

/// Most words that one contact is found by: a name of a thousand words may not fill the index.
const MAX_TERMS: usize = 24;

/// Fewest digits by which a number is searched from its end.
const MIN_LAST_DIGITS: usize = 3;

batch!(
    INSERT,
    "INSERT INTO contact_terms (tenant_id, term, contact_id)
     SELECT r.tenant_id, r.term, r.contact_id FROM {rows: tenant_id TEXT, term TEXT, contact_id TEXT} WHERE true
     ON CONFLICT DO NOTHING"
);

batch!(
    DELETE,
    "DELETE FROM contact_terms WHERE tenant_id = $2 AND contact_id IN (SELECT r.contact_id FROM {rows: contact_id TEXT})"
);

/// One word of one contact.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TermRow {
    /// Whose contact it is.
    pub tenant_id: TenantId,
    /// The folded word.
    pub term: String,
    /// Who is found by it.
    pub contact_id: ContactId,
}

/// Adds words, all in one statement. A word that a contact already has stays.
pub(crate) async fn insert(tx: &mut Tx, rows: &[TermRow]) -> DbResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    execute!(tx, &INSERT, Rows(rows)).map(drop)
}

/// What a contact is found by, as far as its words are made of it.
#[derive(Debug, Clone)]
pub(crate) struct Found<'a> {
    /// The contact.
    pub contact_id: &'a ContactId,
    /// The name to show.
    pub name: &'a str,
    /// The name that they gave themselves.
    pub profile_name: Option<&'a str>,
    /// Without `@`.
    pub username: Option<&'a str>,
    /// E.164.
    pub phone: Option<&'a str>,
    /// Further ids: other numbers as digits, business-scoped user ids.
    pub ids: Vec<&'a str>,
}

/// Gives contacts the words that follow from what they are called now, taking older ones away: two statements for all of them. Contacts in
/// `gone` only lose theirs.
pub(crate) async fn replace(
    tx: &mut Tx,
    tenant_id: &TenantId,
    contacts: &[Found<'_>],
    gone: &[&ContactId],
) -> DbResult<()> {
    #[derive(Serialize)]
    struct Gone<'a> {
        contact_id: &'a ContactId,
    }
    let named = contacts.iter().map(|contact| contact.contact_id);
    let old: Vec<Gone> = named
        .chain(gone.iter().copied())
        .map(|contact_id| Gone { contact_id })
        .collect();
    if old.is_empty() {
        return Ok(());
    }
    execute!(tx, &DELETE, Rows(&old), tenant_id)?;
    let rows: Vec<TermRow> = contacts
        .iter()
        .flat_map(|contact| {
            contact.terms().into_iter().map(|term| TermRow {
                tenant_id: tenant_id.clone(),
                term,
                contact_id: contact.contact_id.clone(),
            })
        })
        .collect();
    insert(tx, &rows).await
}

impl Found<'_> {
    fn terms(&self) -> Vec<String> {
        let mut terms = of(self.name, self.profile_name, self.username, self.phone);
        for id in &self.ids {
            for term in of_id(id) {
                push(&mut terms, term);
            }
        }
        terms
    }
}

/// The words of a contact: its number first, so that a long name never crowds it out.
pub(crate) fn of(
    name: &str,
    profile_name: Option<&str>,
    username: Option<&str>,
    phone: Option<&str>,
) -> Vec<String> {
    let mut terms = Vec::new();
    if let Some(phone) = phone {
        number_terms(&mut terms, phone);
        push(&mut terms, line_key(phone));
    }
    push(&mut terms, name_key(name));
    for text in [username, Some(name), profile_name].into_iter().flatten() {
        for word in words(text) {
            for term in beginnings(&word) {
                push(&mut terms, term);
            }
        }
    }
    terms
}

/// First character of the key that two contacts with one name share.
const NAME_KEY: char = '=';

/// First character of the key that two contacts share whose numbers are two spellings of one line.
const LINE_KEY: char = '#';

/// The ranges of the keys, for those who look for duplicates.
pub(crate) const KEY_RANGES: &str =
    "((t.term >= '=' AND t.term < '>') OR (t.term >= '#' AND t.term < '$'))";

/// Whether a key is one of a line rather than of a name.
pub(crate) fn is_line_key(term: &str) -> bool {
    term.starts_with(LINE_KEY)
}

/// What contacts with one name share; nothing for a number, a username or a masked id that stands in for a name.
pub(crate) fn name_key(name: &str) -> String {
    let stands_in =
        name.starts_with('@') || name.contains('…') || !name.chars().any(char::is_alphabetic);
    if stands_in {
        return String::new();
    }
    let folded = words(name).join(" ");
    format!("{NAME_KEY}{}", clip(folded))
}

/// What two spellings of one line share; nothing where the country has one spelling.
pub(crate) fn line_key(phone: &str) -> String {
    phone::same_line(phone).map_or_else(String::new, |line| format!("{LINE_KEY}{line}"))
}

/// The words of a further id: the digits of a number, or a business-scoped user id without its country.
pub(crate) fn of_id(value: &str) -> Vec<String> {
    let mut terms = Vec::new();
    match phone::normalize_phone(value) {
        Some(phone) => number_terms(&mut terms, &phone),
        None => push(&mut terms, id_term(value)),
    }
    terms
}

/// A business-scoped user id is `CC.…` or `CC.ENT.…`; what follows the last dot tells it apart.
fn id_term(value: &str) -> String {
    let tail = value.rsplit('.').next().unwrap_or(value);
    clip(fold(tail))
}

fn number_terms(terms: &mut Vec<String>, phone: &str) {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    if let Some(national) = phone::national_digits(phone) {
        push(terms, national.to_owned());
        push(terms, national.trim_start_matches('0').to_owned());
    }
    push(terms, format!("~{}", reversed(&digits)));
    push(terms, digits);
}

fn reversed(digits: &str) -> String {
    digits.chars().rev().collect()
}

fn push(terms: &mut Vec<String>, term: String) {
    if !term.is_empty() && terms.len() < MAX_TERMS && !terms.contains(&term) {
        terms.push(term);
    }
}

#[cfg(test)]
mod tests {
    use super::{fold::MAX_WORD, *};

    #[test]
    fn a_number_is_found_whole_national_and_from_its_end() {
        let terms = of("+5511987654321", None, None, Some("+5511987654321"));
        for expected in ["5511987654321", "11987654321", "~1234567891155"] {
            assert!(
                terms.iter().any(|term| term == expected),
                "{expected} in {terms:?}"
            );
        }
    }

    #[test]
    fn a_long_name_keeps_the_number_and_the_cap() {
        let words: Vec<String> = (0..200).map(|number| format!("word{number}")).collect();
        let name = words.join(" ");
        let terms = of(&name, None, Some("maria"), Some("+4915112345678"));
        assert_eq!(terms.len(), MAX_TERMS);
        assert!(terms.contains(&"4915112345678".to_owned()));
        assert!(terms.contains(&"maria".to_owned()));
        let endless = of(&"x".repeat(5000), None, None, None);
        assert_eq!(endless.get(1), Some(&"x".repeat(MAX_WORD)));
    }

    #[test]
    fn a_name_without_spaces_is_found_by_its_later_characters() {
        assert_eq!(
            of("王小明", None, None, None),
            ["=王小明", "王小明", "小明", "明"]
        );
        assert_eq!(of("Anna", None, None, None), ["=anna", "anna"]);
    }

    #[test]
    fn a_business_scoped_id_is_found_by_what_follows_its_country() {
        assert_eq!(of_id("US.ENT.AB12cd"), ["ab12cd"]);
    }

    #[test]
    fn two_spellings_of_one_line_or_one_name_share_a_key() {
        let key = |name: &str, phone: &str| {
            of(name, None, None, Some(phone))
                .into_iter()
                .find(|term| term.starts_with('#'))
        };
        assert_eq!(
            key("A", "+5511987654321"),
            key("B", "+551187654321"),
            "Brazil's ninth digit"
        );
        assert_eq!(
            key("A", "+5491123456789"),
            key("B", "+541123456789"),
            "Argentina's 9"
        );
        assert_eq!(
            key("A", "+5215512345678"),
            key("B", "+525512345678"),
            "Mexico's old 1"
        );
        assert_eq!(key("A", "+4915112345678"), None);
        let name = |text: &str| {
            of(text, None, None, None)
                .into_iter()
                .find(|term| term.starts_with('='))
        };
        assert_eq!(name("José  da SILVA"), Some("=jose da silva".to_owned()));
        assert_eq!(name("josé da silva "), name("José da Silva"));
        assert_eq!(name("+49 151 12345678"), None, "a number is not a name");
        assert_eq!(name("US…4918"), None, "nor is a masked id");
    }
}
