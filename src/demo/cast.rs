//! Who and what the demo consists of: a shop's people and numbers. Read by `stage`, which puts them into the database.

use hoopoe_db::model::Role;

/// Name of the organisation.
pub const ORGANISATION: &str = "Casa Hoopoe";

/// What stands behind the @ of all addresses; a name that nobody can own.
pub const DOMAIN: &str = "casa-hoopoe.example";

/// Somebody who works there.
#[derive(Debug)]
pub struct Colleague {
    /// What stands before the @.
    pub mailbox: &'static str,
    /// Name as colleagues see it.
    pub name: &'static str,
    /// What they may do.
    pub role: Role,
    /// Positions of the numbers that they answer on.
    pub numbers: &'static [usize],
}

impl Colleague {
    /// The address to log in with.
    pub fn email(&self) -> String {
        format!("{}@{DOMAIN}", self.mailbox)
    }
}

const fn colleague(
    mailbox: &'static str,
    name: &'static str,
    role: Role,
    numbers: &'static [usize],
) -> Colleague {
    Colleague {
        mailbox,
        name,
        role,
        numbers,
    }
}

/// Everybody; the first is the admin.
pub const COLLEAGUES: &[Colleague] = &[
    colleague("marta", "Marta Ferreira", Role::Admin, &[]),
    colleague("andrei", "Andrei Munteanu", Role::Manager, &[]),
    colleague("lena", "Lena Vogt", Role::Agent, &[0]),
    colleague("takeshi", "佐藤 健", Role::Agent, &[0]),
    colleague("olena", "Олена Шевчук", Role::Agent, &[0, 1]),
    colleague("omar", "عمر حداد", Role::Agent, &[1]),
    colleague("lucia", "Lucía Prieto", Role::Agent, &[2]),
];

/// A connected number. All are of a range that is kept free for fiction.
#[derive(Debug)]
pub struct Number {
    /// Name as agents see it.
    pub name: &'static str,
    /// Name as customers see it.
    pub verified_name: &'static str,
    /// Colour as `#rrggbb`.
    pub color: &'static str,
    /// As people write it.
    pub phone: &'static str,
    /// Meta's id of it.
    pub phone_number_id: &'static str,
}

impl Number {
    /// E.164.
    pub fn e164(&self) -> String {
        let digits = self.phone.chars().filter(char::is_ascii_digit);
        std::iter::once('+').chain(digits).collect()
    }
}

/// The numbers. The script speaks of the first two.
pub const NUMBERS: &[Number] = &[
    Number {
        name: "Shop",
        verified_name: "Casa Hoopoe",
        color: "#0f766e",
        phone: "+44 20 7946 0101",
        phone_number_id: "100000000000001",
    },
    Number {
        name: "Deliveries",
        verified_name: "Casa Hoopoe Deliveries",
        color: "#b45309",
        phone: "+44 20 7946 0102",
        phone_number_id: "100000000000002",
    },
    Number {
        name: "Español · Português",
        verified_name: "Casa Hoopoe Iberia",
        color: "#7c3aed",
        phone: "+44 20 7946 0103",
        phone_number_id: "100000000000003",
    },
];

/// A number at Meta that nobody has connected here: what comes to it becomes a dead letter.
pub const FORGOTTEN: Number = Number {
    name: "Old shop",
    verified_name: "Casa Hoopoe (old)",
    color: "#6b7280",
    phone: "+44 20 7946 0199",
    phone_number_id: "100000000000099",
};

/// The position of the number that conversations in a language move to, if not the one the script names.
pub fn number_for(language: &str) -> Option<usize> {
    matches!(language, "es" | "pt").then_some(2)
}

/// What the shop often says: what is typed to find it, its name, its text.
pub const SAVED_REPLIES: [(&str, &str, &str); 5] = [
    (
        "hello",
        "Greeting",
        "Hello {{contact.first_name}}, this is {{agent.name}} of Casa Hoopoe. How can I help you?",
    ),
    (
        "hours",
        "Opening hours",
        "We are open Monday to Saturday, 9:00 to 19:00. On Sundays the plants rest, and so do we.",
    ),
    (
        "shipping",
        "Delivery times",
        "Plants leave us within two working days, well wrapped. You get the tracking link as soon as the parcel is on its way.",
    ),
    (
        "photo",
        "Ask for a photo",
        "Could you send me a photo of the plant in daylight, and one of the leaves from below? Then I can tell you what it needs.",
    ),
    (
        "gracias",
        "Thanks (Spanish)",
        "¡Gracias, {{contact.first_name}}! Que tengas un buen día. 🌿",
    ),
];

/// Meta's id of the WhatsApp Business Account that has the numbers.
pub const WABA_ID: &str = "200000000000001";

/// Name of the Meta app.
pub const META_APP: &str = "Casa Hoopoe";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_answered_by_somebody() {
        for position in 0..NUMBERS.len() {
            let mut answering = COLLEAGUES.iter().map(|colleague| colleague.numbers);
            assert!(
                answering.any(|numbers| numbers.contains(&position)),
                "{position}"
            );
        }
    }

    #[test]
    fn numbers_are_numbers() {
        for number in NUMBERS {
            let phone = hoopoe_db::normalize_phone(number.phone);
            assert_eq!(phone, Some(number.e164()));
        }
    }
}
