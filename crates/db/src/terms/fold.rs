//! Folding: how a word is spelled for searching, whatever its case, accents and width.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Most characters of a word that count.
pub(super) const MAX_WORD: usize = 40;

/// Most beginnings that a word without spaces between its parts (Chinese, Japanese, Thai) is found by.
const MAX_SUFFIXES: usize = 6;

/// Lower case without accents, in one spelling.
pub(super) fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|character| !is_accent(*character))
        .flat_map(char::to_lowercase)
        .nfkd()
        .filter(|character| !is_accent(*character))
        .flat_map(|character| Fold::of(character).chars())
        .collect()
}

/// What a letter counts as when searched.
enum Fold {
    Same(char),
    Other(&'static str),
}

impl Fold {
    /// Latin letters that no decomposition reaches, as people type them without the letter on their keyboard.
    fn of(character: char) -> Self {
        Self::Other(match character {
            'ß' => "ss",
            'æ' => "ae",
            'œ' => "oe",
            'ø' => "o",
            'đ' | 'ð' => "d",
            'ł' => "l",
            'þ' => "th",
            'ı' => "i",
            'ħ' => "h",
            'ŧ' => "t",
            other => return Self::Same(other),
        })
    }

    fn chars(self) -> impl Iterator<Item = char> {
        let (same, other) = match self {
            Self::Same(character) => (Some(character), ""),
            Self::Other(text) => (None, text),
        };
        same.into_iter().chain(other.chars())
    }
}

/// Marks that writers leave out at will: accents, Hebrew points, Arabic vowel signs and tatweel. Vowel signs of Indic scripts stay.
fn is_accent(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200b}'..='\u{200f}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}')
}

pub(super) fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|character: char| !character.is_alphanumeric() && !is_combining_mark(character))
        .filter(|word| !word.is_empty())
        .map(|word| clip(word.to_owned()))
        .collect()
}

pub(super) fn clip(word: String) -> String {
    word.chars().take(MAX_WORD).collect()
}

/// A word is found by its beginning; where a script puts no spaces, also by the beginning of its further characters.
pub(super) fn beginnings(word: &str) -> Vec<String> {
    let is_dense = |character: char| matches!(character, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}');
    if !word.chars().any(is_dense) {
        return vec![word.to_owned()];
    }
    word.char_indices()
        .filter(|(_, character)| !is_combining_mark(*character))
        .filter_map(|(at, _)| word.get(at..).map(str::to_owned))
        .take(MAX_SUFFIXES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_width_do_not_matter() {
        for (text, expected) in [
            ("José", "jose"),
            ("STRAẞE", "strasse"),
            ("Ångström", "angstrom"),
            ("Łukasz", "lukasz"),
            ("İstanbul", "istanbul"),
            ("ｆｕｌｌ", "full"),
            ("Đặng", "dang"),
            ("مُحَمَّد", "محمد"),
            ("Søren", "soren"),
        ] {
            assert_eq!(fold(text), expected, "{text}");
        }
        assert_eq!(fold("é"), fold("e\u{301}"));
        assert_ne!(
            fold("कि"),
            fold("का"),
            "vowel signs of Indic scripts tell words apart"
        );
    }
}
