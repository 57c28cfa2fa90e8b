//! Being logged in: gets an access token by the way that was given, renews it, and asks the API with it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Client, Response, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::clock::Clock;

/// The cookie that renews a login.
const REFRESH_COOKIE: &str = "hoopoe_refresh=";

/// A token is renewed when it has less than this left.
const MARGIN_MS: i64 = 60_000;

/// How a login begins.
#[derive(Debug)]
enum Way {
    Token(String),
    Link(String),
    Password { email: String, password: String },
}

/// Why the server will not have us. Trying again does not help.
#[derive(Debug, thiserror::Error)]
#[error("the server refuses: {0}")]
pub struct Refused(pub String);

/// A login at a server.
#[derive(Debug)]
pub struct Login {
    http: Client,
    url: String,
    way: Way,
    session: Option<Session>,
}

#[derive(Debug)]
struct Session {
    access_token: String,
    /// Unix milliseconds.
    expires_at: i64,
    /// As `name=value`.
    cookie: String,
}

#[derive(Debug, Deserialize)]
struct SessionBody {
    access_token: String,
    expires_at: i64,
}

impl Login {
    /// With an access token, for as long as it lasts.
    pub fn by_token(http: Client, url: String, token: String) -> Self {
        Self::new(http, url, Way::Token(token))
    }

    /// With a password.
    pub fn by_password(http: Client, url: String, email: String, password: String) -> Self {
        Self::new(http, url, Way::Password { email, password })
    }

    /// With a one-time link.
    pub fn by_link(http: Client, link: &str) -> anyhow::Result<Self> {
        let (url, token) = link
            .split_once("/login#link=")
            .context("a login link looks like https://…/login#link=…")?;
        Ok(Self::new(http, url.to_owned(), Way::Link(token.to_owned())))
    }

    fn new(http: Client, url: String, way: Way) -> Self {
        Self {
            http,
            url,
            way,
            session: None,
        }
    }

    /// The server, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// For requests that are no part of the API.
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// A token that is good for a while.
    pub async fn token(&mut self) -> anyhow::Result<String> {
        if let Way::Token(token) = &self.way {
            return Ok(token.clone());
        }
        let session = match self.session.take() {
            Some(session) if session.expires_at - Clock::System.now() > MARGIN_MS => session,
            Some(session) => self.renew(session).await?,
            None => self.begin().await?,
        };
        Ok(self.session.insert(session).access_token.clone())
    }

    /// The token in hand is no longer good.
    pub fn expire(&mut self) -> anyhow::Result<()> {
        let Some(session) = &mut self.session else {
            bail!(Refused("the token has expired".to_owned()));
        };
        session.expires_at = 0;
        Ok(())
    }

    /// How long until the token should be renewed; `None` where it can't be.
    pub fn renew_after(&self) -> Option<Duration> {
        let session = self.session.as_ref()?;
        let left = session.expires_at - Clock::System.now() - MARGIN_MS;
        Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    async fn begin(&self) -> anyhow::Result<Session> {
        match &self.way {
            Way::Token(_) => bail!(Refused("there is no login to begin".to_owned())),
            Way::Link(token) => self.open("auth/link", json!({ "token": token })).await,
            Way::Password { email, password } => {
                let body = json!({ "email": email, "password": password });
                self.open("auth/login", body).await
            }
        }
    }

    async fn open(&self, path: &str, body: Value) -> anyhow::Result<Session> {
        let request = self.http.post(self.api(path)).json(&body);
        read_session(request.send().await?, None).await
    }

    /// Exchanges the cookie; where the login has ended, a password begins another.
    async fn renew(&self, session: Session) -> anyhow::Result<Session> {
        let request = self
            .http
            .post(self.api("auth/refresh"))
            .header(header::COOKIE, &session.cookie);
        let renewed = read_session(request.send().await?, Some(session.cookie)).await;
        match (&renewed, &self.way) {
            (Err(error), Way::Password { .. }) if error.is::<Refused>() => self.begin().await,
            _ => renewed,
        }
    }

    /// Asks the API; `path` may have a query.
    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> anyhow::Result<T> {
        let token = self.token().await?;
        let request = self.http.get(self.api(path)).bearer_auth(token);
        let answer = accept(request.send().await?).await?;
        Ok(answer.json().await?)
    }

    fn api(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.url)
    }
}

async fn read_session(answer: Response, held: Option<String>) -> anyhow::Result<Session> {
    let answer = accept(answer).await?;
    let cookie = answer
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok()?.split(';').next())
        .find(|pair| pair.starts_with(REFRESH_COOKIE))
        .map(str::to_owned);
    let body: SessionBody = answer.json().await?;
    Ok(Session {
        access_token: body.access_token,
        expires_at: body.expires_at,
        cookie: cookie
            .or(held)
            .context("the server gave no refresh cookie")?,
    })
}

/// The answer, unless it is an error: then what the server says about it. Refusals end the watch, all else is tried again.
async fn accept(answer: Response) -> anyhow::Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let body: Value = answer.json().await.unwrap_or_default();
    let said = body
        .pointer("/error/message")
        .and_then(Value::as_str)
        .map_or_else(|| status.to_string(), str::to_owned);
    let is_final = status.is_client_error()
        && status != StatusCode::CONFLICT
        && status != StatusCode::TOO_MANY_REQUESTS;
    if is_final {
        bail!(Refused(said));
    }
    bail!("{said}");
}
