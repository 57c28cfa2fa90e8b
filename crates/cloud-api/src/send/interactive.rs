//! Interactive messages: reply buttons, a list, a link, a request for the place or the phone number.

use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::{Document, MediaRef, limits, wire};

/// An interactive message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "wire::Interactive", from = "wire::Interactive")]
pub struct Interactive {
    /// What stands above. Lists take text only, requests nothing.
    pub header: Option<Header>,
    /// What it says.
    pub body: String,
    /// Small print. Requests have none.
    pub footer: Option<String>,
    /// What the customer can do.
    pub action: Action,
}

/// What stands above an interactive message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// Text.
    Text(String),
    /// Picture.
    Image(MediaRef),
    /// Film.
    Video(MediaRef),
    /// File; captions are not shown here.
    Document(Document),
}

/// What the customer can do with an interactive message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Tap one of a few buttons.
    Buttons(Vec<Reply>),
    /// Choose from a list.
    List(List),
    /// Open a web page.
    Url(UrlButton),
    /// Send their place.
    LocationRequest,
    /// Send their phone number.
    ContactRequest,
}

/// A reply button.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Ours; comes back in the answer.
    pub id: String,
    /// What it says.
    pub title: String,
}

/// A list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// What the button says that opens it.
    pub button: String,
    /// Its parts.
    pub sections: Vec<Section>,
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// What stands above it; needed as soon as there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What can be chosen.
    pub rows: Vec<Row>,
}

/// A row of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Ours; comes back in the answer.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Second line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A button that opens a web page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlButton {
    /// What it says.
    pub title: String,
    /// What it opens.
    pub url: String,
}

impl Interactive {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        self.check_header()?;
        let longest_body = match self.action {
            Action::List(_) => limits::LIST_BODY,
            _ => limits::INTERACTIVE_BODY,
        };
        check::words("interactive.body", &self.body, longest_body)?;
        if self.is_request() && self.footer.is_some() {
            let reason = "is not possible in a request";
            return Err(Invalid::new("interactive.footer", reason));
        }
        let footer = self.footer.as_deref();
        check::optional_words("interactive.footer", footer, limits::FOOTER)?;
        match &self.action {
            Action::Buttons(buttons) => check_buttons(buttons),
            Action::List(list) => list.check(),
            Action::Url(button) => {
                let title = &button.title;
                check::words("interactive.url.title", title, limits::BUTTON_TITLE)?;
                check::web_address("interactive.url.url", &button.url)
            }
            Action::LocationRequest | Action::ContactRequest => Ok(()),
        }
    }

    fn is_request(&self) -> bool {
        matches!(
            self.action,
            Action::LocationRequest | Action::ContactRequest
        )
    }

    fn check_header(&self) -> Result<(), Invalid> {
        let field = "interactive.header";
        let Some(header) = &self.header else {
            return Ok(());
        };
        if self.is_request() {
            return Err(Invalid::new(field, "is not possible in a request"));
        }
        let is_text = matches!(header, Header::Text(_));
        if matches!(self.action, Action::List(_)) && !is_text {
            return Err(Invalid::new(field, "of a list must be text"));
        }
        match header {
            Header::Text(text) => check::words(field, text, limits::HEADER),
            Header::Image(file) | Header::Video(file) => file.check(field),
            Header::Document(document) => {
                document.file.check(field)?;
                if document.caption.is_some() {
                    return Err(Invalid::new(field, "must not have a caption"));
                }
                let name = document.filename.as_deref();
                check::optional_words(field, name, limits::FILENAME)
            }
        }
    }
}

fn check_buttons(buttons: &[Reply]) -> Result<(), Invalid> {
    let field = "interactive.buttons";
    check::between(field, buttons.len(), 1, limits::BUTTONS, "buttons")?;
    for (index, button) in buttons.iter().enumerate() {
        let title = format!("{field}.{index}.title");
        check::words(&title, &button.title, limits::BUTTON_TITLE)?;
        check_id(
            &format!("{field}.{index}.id"),
            &button.id,
            limits::BUTTON_ID,
        )?;
    }
    if let Some(index) = check::repeated(buttons.iter().map(|button| button.title.as_str())) {
        let reason = "must not be the same as another button's";
        return Err(Invalid::new(format!("{field}.{index}.title"), reason));
    }
    if let Some(index) = check::repeated(buttons.iter().map(|button| button.id.as_str())) {
        let reason = "must not be the same as another button's";
        return Err(Invalid::new(format!("{field}.{index}.id"), reason));
    }
    Ok(())
}

/// An id of ours; Meta cuts blanks at the ends off, so that the answer would not match.
fn check_id(field: &str, id: &str, most: usize) -> Result<(), Invalid> {
    check::words(field, id, most)?;
    if id.trim() == id {
        return Ok(());
    }
    Err(Invalid::new(field, "must not begin or end with a blank"))
}

impl List {
    fn check(&self) -> Result<(), Invalid> {
        check::words(
            "interactive.list.button",
            &self.button,
            limits::BUTTON_TITLE,
        )?;
        let field = "interactive.list.sections";
        check::between(field, self.sections.len(), 1, limits::SECTIONS, "sections")?;
        let several = self.sections.len() > 1;
        for (index, section) in self.sections.iter().enumerate() {
            section.check(&format!("{field}.{index}"), several)?;
        }
        let rows = || self.sections.iter().flat_map(|section| &section.rows);
        check::between(field, rows().count(), 1, limits::ROWS, "rows altogether")?;
        match check::repeated(rows().map(|row| row.id.as_str())) {
            None => Ok(()),
            Some(nth) => Err(Invalid::new(
                format!("{}.id", self.place_of_row(nth)),
                "must not be the same as another row's",
            )),
        }
    }

    /// The path of the row that is the `nth` of all.
    fn place_of_row(&self, nth: usize) -> String {
        let mut left = nth;
        for (index, section) in self.sections.iter().enumerate() {
            if left < section.rows.len() {
                return format!("interactive.list.sections.{index}.rows.{left}");
            }
            left -= section.rows.len();
        }
        "interactive.list.sections".to_owned()
    }
}

impl Section {
    fn check(&self, field: &str, needs_title: bool) -> Result<(), Invalid> {
        let title = self.title.as_deref();
        check::optional_words(&format!("{field}.title"), title, limits::SECTION_TITLE)?;
        if needs_title && title.is_none() {
            let reason = "is needed when there are several sections";
            return Err(Invalid::new(format!("{field}.title"), reason));
        }
        let rows = format!("{field}.rows");
        check::between(&rows, self.rows.len(), 1, limits::ROWS, "rows")?;
        for (index, row) in self.rows.iter().enumerate() {
            let place = format!("{rows}.{index}");
            check::words(&format!("{place}.title"), &row.title, limits::ROW_TITLE)?;
            check::optional_words(
                &format!("{place}.description"),
                row.description.as_deref(),
                limits::ROW_DESCRIPTION,
            )?;
            check_id(&format!("{place}.id"), &row.id, limits::ROW_ID)?;
        }
        Ok(())
    }
}
