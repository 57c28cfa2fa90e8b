//! Template messages: which template, and the values for its parameters.

use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::{Document, MediaRef, Place, limits};

/// A template message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Its name: small letters, digits and underscores.
    pub name: String,
    /// Which of its translations.
    pub language: Language,
    /// Values, part by part; parts without parameters are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
}

/// A language as Meta writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Language {
    /// `en`, `en_US`, `pt_BR`, …
    pub code: String,
}

/// The values for one part of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Component {
    /// What stands above: a text, a file, or a place.
    Header {
        /// One value.
        parameters: Vec<Parameter>,
    },
    /// The text.
    Body {
        /// Positional values in their order, or named ones.
        parameters: Vec<Parameter>,
    },
    /// A button.
    Button {
        /// What kind of button.
        sub_type: ButtonKind,
        /// Which button, from 0; a string on the wire.
        #[serde(with = "index_text")]
        index: u8,
        /// One value.
        parameters: Vec<Parameter>,
    },
}

/// A template's buttons that take a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonKind {
    /// Answers with a text; the value is a payload that comes back.
    QuickReply,
    /// Opens an address; the value is its variable end. Also the code of authentication templates.
    Url,
    /// Copies a code.
    CopyCode,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Parameter {
    /// Words.
    Text {
        /// The words.
        text: String,
        /// Name of the parameter, in templates with named ones.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parameter_name: Option<String>,
    },
    /// Picture of the header.
    Image {
        /// The file.
        image: FileNode,
    },
    /// Film of the header.
    Video {
        /// The file.
        video: FileNode,
    },
    /// File of the header.
    Document {
        /// The file and its name.
        document: Document,
    },
    /// Place of the header.
    Location {
        /// The place; name and address are needed here.
        location: Place,
    },
    /// What comes back when a quick-reply button is tapped.
    Payload {
        /// Ours.
        payload: String,
    },
    /// A code to copy.
    CouponCode {
        /// The code.
        coupon_code: String,
    },
}

/// `{"id": …}` or `{"link": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileNode {
    /// The file.
    #[serde(flatten)]
    pub file: MediaRef,
}

impl Parameter {
    /// A positional text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            parameter_name: None,
        }
    }

    /// A named text value.
    pub fn named(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            parameter_name: Some(name.into()),
        }
    }

    /// A picture.
    pub fn image(file: MediaRef) -> Self {
        Self::Image {
            image: FileNode { file },
        }
    }

    /// A film.
    pub fn video(file: MediaRef) -> Self {
        Self::Video {
            video: FileNode { file },
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Text { parameter_name, .. } => parameter_name.as_deref(),
            _ => None,
        }
    }
}

impl Template {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        check_name("template.name", &self.name)?;
        let code = &self.language.code;
        let is_code = (2..=15).contains(&code.len())
            && code
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_code {
            let reason = "must be a language code such as en_US";
            return Err(Invalid::new("template.language", reason));
        }
        let alone = self.components.len() == 1;
        let (mut headers, mut bodies, mut buttons) = (0, 0, Vec::new());
        for component in &self.components {
            match component {
                Component::Header { parameters } => {
                    headers += 1;
                    check_header(parameters)?;
                }
                Component::Body { parameters } => {
                    bodies += 1;
                    check_body(parameters, alone)?;
                }
                Component::Button {
                    index, parameters, ..
                } => {
                    buttons.push(index.to_string());
                    check_button(*index, parameters)?;
                }
            }
        }
        let is_twice = check::repeated(buttons.iter().map(String::as_str)).is_some();
        if headers > 1 || bodies > 1 || is_twice {
            let reason = "must not fill the same part twice";
            return Err(Invalid::new("template.parameters", reason));
        }
        Ok(())
    }
}

/// A template's name: small letters, digits and underscores.
fn check_name(field: &str, name: &str) -> Result<(), Invalid> {
    check::words(field, name, limits::TEMPLATE_NAME)?;
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.bytes().all(is_name) {
        return Ok(());
    }
    let reason = "must consist of small letters, digits and underscores";
    Err(Invalid::new(field, reason))
}

fn check_header(parameters: &[Parameter]) -> Result<(), Invalid> {
    let field = "template.parameters.header";
    let [parameter] = parameters else {
        return Err(Invalid::new(field, "must have one value"));
    };
    match parameter {
        Parameter::Text { text, .. } => check_value(field, text, limits::HEADER),
        Parameter::Image { image: node } | Parameter::Video { video: node } => {
            node.file.check(field)
        }
        Parameter::Document { document } => document.file.check(field),
        Parameter::Location { location } => check_place(field, location),
        Parameter::Payload { .. } | Parameter::CouponCode { .. } => {
            Err(Invalid::new(field, "must be a text, a file or a place"))
        }
    }
}

fn check_place(field: &str, place: &Place) -> Result<(), Invalid> {
    super::Outgoing::Location(place.clone())
        .check()
        .map_err(|invalid| Invalid::new(field, invalid.reason))?;
    if place.name.is_none() || place.address.is_none() {
        return Err(Invalid::new(field, "must have a name and an address"));
    }
    Ok(())
}

fn check_body(parameters: &[Parameter], alone: bool) -> Result<(), Invalid> {
    let field = "template.parameters.body";
    let mut length = 0_usize;
    let named = parameters.iter().filter_map(Parameter::name).count();
    if named > 0 && named < parameters.len() {
        return Err(Invalid::new(
            field,
            "must be all named or all without a name",
        ));
    }
    for (index, parameter) in parameters.iter().enumerate() {
        let place = match parameter.name() {
            Some(name) => format!("{field}.{name}"),
            None => format!("{field}.{index}"),
        };
        let Parameter::Text { text, .. } = parameter else {
            return Err(Invalid::new(place, "must be a text"));
        };
        check_value(&place, text, limits::TEMPLATE_BODY_ALONE)?;
        length = length.saturating_add(text.chars().count());
    }
    if let Some(index) = check::repeated(parameters.iter().filter_map(Parameter::name)) {
        let name = parameters.get(index).and_then(Parameter::name);
        let place = format!("{field}.{}", name.unwrap_or_default());
        return Err(Invalid::new(place, "must not be given twice"));
    }
    let most = if alone {
        limits::TEMPLATE_BODY_ALONE
    } else {
        limits::TEMPLATE_BODY
    };
    if length > most {
        let reason = format!("must be at most {most} characters long altogether; it has {length}");
        return Err(Invalid::new(field, reason));
    }
    Ok(())
}

fn check_button(index: u8, parameters: &[Parameter]) -> Result<(), Invalid> {
    let field = format!("template.parameters.buttons.{index}");
    if usize::from(index) >= limits::TEMPLATE_BUTTONS {
        return Err(Invalid::new(
            field,
            "does not exist: a template has at most 10",
        ));
    }
    let [parameter] = parameters else {
        return Err(Invalid::new(field, "must have one value"));
    };
    match parameter {
        Parameter::Text { text, .. } => check_value(&field, text, limits::URL),
        Parameter::Payload { payload } => check::words(&field, payload, limits::PAYLOAD),
        Parameter::CouponCode { coupon_code } => check::words(&field, coupon_code, limits::COUPON),
        _ => Err(Invalid::new(field, "must be a text")),
    }
}

/// A value inside a template's text. Meta: "Param text cannot have new-line/tab characters or more than 4 consecutive
/// spaces".
fn check_value(field: &str, text: &str, most: usize) -> Result<(), Invalid> {
    check::words(field, text, most)?;
    if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
        let reason = "must not have line breaks, tabs or more than four blanks in a row";
        return Err(Invalid::new(field, reason));
    }
    Ok(())
}

/// The index of a button: a string on the wire, a number is read as well.
mod index_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(index: &u8, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&index.to_string())
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u8),
        Text(String),
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
        match Either::deserialize(from)? {
            Either::Number(index) => Ok(index),
            Either::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}
