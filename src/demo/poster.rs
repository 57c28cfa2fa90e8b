//! What the demo tells: addresses and one-time links, for people or as one line of JSON.

use std::path::PathBuf;

use hoopoe_db::model::{Role, User};
use serde::Serialize;

use super::stage::Stage;
use crate::{app::App, auth::links, openapi};

/// Where everything is; the line that `--json` prints.
#[derive(Debug, Serialize)]
pub struct Poster {
    /// The inbox, with a link that logs the admin in once.
    inbox: String,
    /// The server, without a slash at the end.
    url: String,
    /// The simulated phones.
    phones: String,
    /// The description of the API.
    api_docs: String,
    /// Settings that other commands can be pointed to.
    config: PathBuf,
    /// Everybody, admin first.
    people: Vec<Person>,
    /// The connected numbers.
    numbers: Vec<Number>,
}

#[derive(Debug, Serialize)]
struct Person {
    id: String,
    name: String,
    email: String,
    role: Role,
    /// Logs them in, once, within a quarter of an hour.
    link: String,
}

#[derive(Debug, Serialize)]
struct Number {
    account_id: String,
    name: String,
    phone: String,
    phone_number_id: String,
}

impl Poster {
    /// Makes fresh links for everybody.
    pub async fn make(
        app: &App,
        stage: &Stage,
        phones: String,
        config: PathBuf,
    ) -> anyhow::Result<Self> {
        let mut people = Vec::new();
        for user in &stage.people {
            people.push(Person::invite(app, user).await?);
        }
        let numbers = stage.accounts.iter().zip(&stage.numbers);
        let url = app.config.public_url();
        Ok(Self {
            inbox: people
                .first()
                .map_or_else(|| url.clone(), |admin| admin.link.clone()),
            phones,
            api_docs: format!("{url}{}", openapi::REFERENCE),
            url,
            config,
            people,
            numbers: numbers
                .map(|(account, number)| Number {
                    account_id: account.id.to_string(),
                    name: account.name.clone(),
                    phone: number.display_phone_number.clone(),
                    phone_number_id: number.phone_number_id.clone(),
                })
                .collect(),
        })
    }

    /// Prints it for people.
    pub fn show(&self) {
        println!(
            "\nThe demo runs. Open the inbox as its admin (the link works once, within 15 minutes):\n"
        );
        println!("  {}\n", self.inbox);
        println!("Write to it as a customer, from a simulated phone:\n");
        println!("  {}/\n", self.phones);
        println!("As somebody else, in another browser or a private window:\n");
        for person in self.people.iter().skip(1) {
            println!(
                "  {:<8} {:<16} {}",
                person.role.as_str(),
                person.name,
                person.link
            );
        }
        println!("\nThe API:  {}", self.api_docs);
        println!("\nEnter prints fresh links, Ctrl+C stops the demo.");
    }

    /// Prints it for programs, on one line.
    pub fn print(&self) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

impl Person {
    async fn invite(app: &App, user: &User) -> anyhow::Result<Self> {
        Ok(Self {
            id: user.id.to_string(),
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role,
            link: links::login_link(app, &user.id).await?,
        })
    }
}
