//! Somebody who is logged in, and what the server answers them.

use hoopoe_db::ids::UserId;
use reqwest::{RequestBuilder, StatusCode, header};
use serde_json::Value;

use super::Server;

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Their access token.
    pub token: String,
    /// Their refresh cookie as `name=value`.
    pub refresh_cookie: String,
    /// Their media cookie as `name=value`.
    pub media_cookie: String,
    url: String,
    http: reqwest::Client,
}

impl Person {
    /// Reads the answer to a login.
    pub fn from_session(server: &Server, answer: Answer) -> Self {
        Self {
            id: answer.json["me"]["user"]["id"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
            token: answer.json["access_token"].as_str().unwrap().to_owned(),
            refresh_cookie: answer.cookie("hoopoe_refresh").unwrap(),
            media_cookie: answer.cookie("hoopoe_media").unwrap(),
            url: server.url.clone(),
            http: server.http.clone(),
        }
    }

    /// A request in their name; `path` is below `/api/v1`.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.http
            .request(
                method.parse().unwrap(),
                format!("{}/api/v1{path}", self.url),
            )
            .bearer_auth(&self.token)
    }

    /// `GET`, below `/api/v1`.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    /// `POST` with a body, below `/api/v1`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("POST", path).json(&body)).await
    }

    /// `PUT` with a body, below `/api/v1`.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("PUT", path).json(&body)).await
    }

    /// `PATCH` with a body, below `/api/v1`.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("PATCH", path).json(&body)).await
    }

    /// `DELETE`, below `/api/v1`.
    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request("DELETE", path)).await
    }

    /// Exchanges the refresh cookie; on success this person goes on with what came back.
    pub async fn refresh(&mut self, server: &Server) -> Answer {
        let request = self
            .http
            .post(format!("{}/api/v1/auth/refresh", self.url))
            .header(header::COOKIE, &self.refresh_cookie);
        let answer = Answer::of(request).await;
        if answer.status == StatusCode::OK {
            *self = Self::from_session(server, answer.clone());
        }
        answer
    }
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: header::HeaderMap,
    /// The body, where it is JSON; else `null`.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// Sends a request and reads all of the answer.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        Self {
            status,
            headers,
            json: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        }
    }

    /// This answer, if its status is the one that is expected.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// This answer, if it is a refusal in the one shape with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.json["error"]["code"], code, "{}", self.text);
        let id = self.json["error"]["request_id"].as_str().unwrap();
        assert_eq!(self.header("x-request-id"), Some(id), "{}", self.text);
        self
    }

    /// This answer, if it refuses a field's value.
    #[track_caller]
    pub fn refused_field(self, field: &str) -> Self {
        let answer = self.refused(422, "validation_failed");
        assert_eq!(answer.json["error"]["field"], field, "{}", answer.text);
        answer
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A cookie that was set, as `name=value`.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let prefix = format!("{name}=");
        let line = self.cookie_line(&prefix)?;
        line.split(';').next().map(str::to_owned)
    }

    /// The whole line that sets the cookie that begins with this.
    pub fn cookie_line(&self, prefix: &str) -> Option<String> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .find(|line| line.starts_with(prefix))
            .map(str::to_owned)
    }

    /// The ids in `items`, in order.
    pub fn ids(&self) -> Vec<String> {
        let items = self.json["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    }
}
