//! Phone numbers: from a WhatsApp id or from what somebody typed to E.164, without ever changing a digit.
//!
//! WhatsApp ids of some countries differ from what is dialled (Brazil's ninth digit, Argentina's 9, Mexico's 1). They stay as the
//! provider gave them, since they are also the address that answers go to; only [`same_line`] knows that two spellings are one line.

/// Fewest digits of a number with its country code that can be a subscriber's.
const MIN_DIGITS: usize = 7;

/// Most digits of an E.164 number (ITU-T E.164, 6.2.1).
const MAX_DIGITS: usize = 15;

/// Characters that people put between digits.
const SEPARATORS: &str = " \u{a0}\u{202f}-\u{2010}\u{2011}\u{2012}\u{2013}.()/";

/// E.164 with `+`, from the digits of a WhatsApp id or from a number with `+` (or `00`) as people write it. `None` for what can't be a
/// phone number, such as a business-scoped user id or digits without a country code.
pub fn normalize_phone(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let body = trimmed
        .strip_prefix('+')
        .or_else(|| trimmed.strip_prefix("00"))
        .unwrap_or(trimmed);
    let mut digits = String::with_capacity(MAX_DIGITS + 1);
    for character in body.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
        } else if !SEPARATORS.contains(character) {
            return None;
        }
    }
    if !(MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) || digits.starts_with('0') {
        return None;
    }
    let phone = format!("+{digits}");
    country_code(&phone).is_some().then_some(phone)
}

/// Digits of the country code of an E.164 number, where there is such a country.
fn country_code(phone: &str) -> Option<String> {
    let parsed = phonenumber::parse(None, phone).ok()?;
    let code = parsed.code().value().to_string();
    phone.strip_prefix('+')?.starts_with(&code).then_some(code)
}

/// The digits behind the country code, exactly as they are in the number.
pub(crate) fn national_digits(phone: &str) -> Option<&str> {
    let code = country_code(phone)?;
    phone.strip_prefix('+')?.strip_prefix(code.as_str())
}

/// The digits by which two spellings of one line are known: without Argentina's mobile 9, Mexico's old mobile 1, Brazil's ninth digit.
/// `None` for countries that spell their numbers in one way.
pub(crate) fn same_line(phone: &str) -> Option<String> {
    let digits = phone.strip_prefix('+')?;
    let without = |country: &str, extra: &str| {
        let rest = digits.strip_prefix(country)?;
        let rest = rest
            .strip_prefix(extra)
            .filter(|_| rest.len() == 11)
            .unwrap_or(rest);
        Some(format!("{country}{rest}"))
    };
    without("54", "9")
        .or_else(|| without("52", "1"))
        .or_else(|| {
            let rest = digits.strip_prefix("55")?;
            let (area, line) = rest.split_at_checked(2)?;
            let line = line
                .strip_prefix('9')
                .filter(|_| line.len() == 9)
                .unwrap_or(line);
            Some(format!("55{area}{line}"))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_whatsapp_id_becomes_e164_digit_by_digit() {
        for (given, expected) in [
            ("4915112345678", "+4915112345678"),
            ("5511987654321", "+5511987654321"),
            ("551187654321", "+551187654321"),
            ("5491123456789", "+5491123456789"),
            ("5215512345678", "+5215512345678"),
            ("525512345678", "+525512345678"),
            ("15550001111", "+15550001111"),
            ("6591234567", "+6591234567"),
            ("2250707070707", "+2250707070707"),
        ] {
            assert_eq!(normalize_phone(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn a_number_as_people_write_it_becomes_e164() {
        for given in [
            "+49 151 1234-5678",
            " +49 (151) 12345678 ",
            "0049151 12345678",
            "+49.151.12345678",
            "+49\u{a0}151\u{a0}12345678",
        ] {
            assert_eq!(
                normalize_phone(given).as_deref(),
                Some("+4915112345678"),
                "{given}"
            );
        }
    }

    #[test]
    fn what_cannot_be_a_number_is_refused() {
        for given in [
            "",
            "+",
            "US.13491208655302741918",
            "13491208655302741918",
            "0151 12345678",
            "12345",
            "hello",
            "+49 151 CALL",
            "+999123456789",
            "+49+15112345678",
        ] {
            assert_eq!(normalize_phone(given), None, "{given:?}");
        }
    }

    #[test]
    fn national_digits_keep_every_digit_behind_the_country_code() {
        for (phone, national) in [
            ("+5511987654321", "11987654321"),
            ("+5491123456789", "91123456789"),
            ("+5215512345678", "15512345678"),
            ("+390612345678", "0612345678"),
            ("+12125550123", "2125550123"),
        ] {
            assert_eq!(national_digits(phone), Some(national), "{phone}");
        }
    }
}
