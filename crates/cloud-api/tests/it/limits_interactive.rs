//! What WhatsApp refuses of buttons, lists and links is refused before it is stored.

use hoopoe_cloud_api::send::{
    Action, Header, Interactive, List, Outgoing, Reply, Row, Section, UrlButton,
};

use crate::bodies::{file, interactive, reply, row};
use crate::limits::{long, refused, taken};

#[test]
fn one_to_three_buttons_that_differ() {
    let buttons = |buttons: &[(&str, &str)]| {
        let buttons: Vec<Reply> = buttons.iter().map(|(id, title)| reply(id, title)).collect();
        interactive(Action::Buttons(buttons))
    };
    taken(buttons(&[("a", &long(20)), ("b", "B"), ("c", "C")]));
    let field = "interactive.buttons";
    refused(buttons(&[]), field, "must have 1 to 3 buttons; it has 0");
    let four = [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")];
    refused(buttons(&four), field, "must have 1 to 3 buttons; it has 4");
    let reason = "must be at most 20 characters long; it has 21";
    refused(
        buttons(&[("a", &long(21))]),
        "interactive.buttons.0.title",
        reason,
    );
    let reason = "must be at most 256 characters long; it has 257";
    refused(
        buttons(&[(&long(257), "A")]),
        "interactive.buttons.0.id",
        reason,
    );
    let reason = "must not be the same as another button's";
    refused(
        buttons(&[("a", "A"), ("b", "A")]),
        "interactive.buttons.1.title",
        reason,
    );
    refused(
        buttons(&[("a", "A"), ("a", "B")]),
        "interactive.buttons.1.id",
        reason,
    );
    let reason = "must not begin or end with a blank";
    refused(buttons(&[("a ", "A")]), "interactive.buttons.0.id", reason);
}

fn list(sections: Vec<Section>) -> Outgoing {
    interactive(Action::List(List {
        button: "Choose".to_owned(),
        sections,
    }))
}

fn section(title: Option<&str>, rows: Vec<Row>) -> Section {
    Section {
        title: title.map(str::to_owned),
        rows,
    }
}

#[test]
fn lists_have_up_to_ten_rows_altogether() {
    let rows = |from: usize, to: usize| {
        let rows = from..to;
        rows.map(|index| row(&index.to_string(), "Row"))
            .collect::<Vec<_>>()
    };
    taken(list(vec![section(None, rows(0, 10))]));
    taken(list(vec![
        section(Some("A"), rows(0, 5)),
        section(Some("B"), rows(5, 10)),
    ]));
    let two = vec![
        section(Some("A"), rows(0, 6)),
        section(Some("B"), rows(6, 11)),
    ];
    let reason = "must have 1 to 10 rows altogether; it has 11";
    refused(list(two), "interactive.list.sections", reason);
    let untitled = vec![section(Some("A"), rows(0, 1)), section(None, rows(1, 2))];
    let reason = "is needed when there are several sections";
    refused(list(untitled), "interactive.list.sections.1.title", reason);
    let twice = vec![
        section(Some("A"), rows(0, 2)),
        section(Some("B"), rows(1, 2)),
    ];
    let reason = "must not be the same as another row's";
    refused(list(twice), "interactive.list.sections.1.rows.0.id", reason);
    let reason = "must have 1 to 10 rows; it has 0";
    refused(
        list(vec![section(None, vec![])]),
        "interactive.list.sections.0.rows",
        reason,
    );
    let wordy = Row {
        description: Some(long(73)),
        ..row("1", "Row")
    };
    let reason = "must be at most 72 characters long; it has 73";
    refused(
        list(vec![section(None, vec![wordy])]),
        "interactive.list.sections.0.rows.0.description",
        reason,
    );
    let reason = "must be at most 24 characters long; it has 25";
    refused(
        list(vec![section(None, vec![row("1", &long(25))])]),
        "interactive.list.sections.0.rows.0.title",
        reason,
    );
}

fn message(header: Option<Header>, body: usize, footer: Option<usize>, action: Action) -> Outgoing {
    Outgoing::Interactive(Box::new(Interactive {
        header,
        body: long(body),
        footer: footer.map(long),
        action,
    }))
}

fn one_button() -> Action {
    Action::Buttons(vec![reply("a", "A")])
}

fn one_row() -> Action {
    Action::List(List {
        button: "Choose".to_owned(),
        sections: vec![section(None, vec![row("1", "Row")])],
    })
}

#[test]
fn headers_fit_their_kind() {
    let title = |length| Some(Header::Text(long(length)));
    let picture = || Some(Header::Image(file()));
    let field = "interactive.header";
    taken(message(title(60), 1, None, one_button()));
    taken(message(picture(), 1, None, one_button()));
    let reason = "must be at most 60 characters long; it has 61";
    refused(message(title(61), 1, None, one_button()), field, reason);
    refused(
        message(picture(), 1, None, one_row()),
        field,
        "of a list must be text",
    );
    let reason = "is not possible in a request";
    refused(
        message(picture(), 1, None, Action::LocationRequest),
        field,
        reason,
    );
}

#[test]
fn bodies_and_footers_fit_their_kind() {
    taken(message(None, 1024, Some(60), one_button()));
    taken(message(None, 4096, None, one_row()));
    let reason = "must be at most 1024 characters long; it has 1025";
    refused(
        message(None, 1025, None, one_button()),
        "interactive.body",
        reason,
    );
    let reason = "must be at most 60 characters long; it has 61";
    refused(
        message(None, 1, Some(61), one_button()),
        "interactive.footer",
        reason,
    );
    let reason = "is not possible in a request";
    refused(
        message(None, 1, Some(1), Action::ContactRequest),
        "interactive.footer",
        reason,
    );
}

#[test]
fn links_are_web_addresses() {
    let link = |url: &str| {
        interactive(Action::Url(UrlButton {
            title: "Open".to_owned(),
            url: url.to_owned(),
        }))
    };
    taken(link("https://example.com/ü?x=1#y"));
    for url in [
        "example.com",
        "javascript:alert(1)",
        "https://",
        "https://a b.example",
        "tel:1",
    ] {
        let reason = "must be a web address that begins with https:// or http://";
        refused(link(url), "interactive.url.url", reason);
    }
}
