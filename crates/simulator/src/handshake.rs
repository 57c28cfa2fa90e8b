//! The verification handshake: what Meta asks a callback URL when it is entered.
//! Called by `Simulator::verify_callback` and the admin API.

use std::time::Duration;

use crate::engine::Engine;
use crate::{SimError, ids};

impl Engine {
    /// Asks the app's callback for the challenge and checks the answer.
    pub(crate) async fn verify_callback(&self, app: usize) -> Result<(), SimError> {
        let found = self
            .world
            .with(|world| world.apps.get(app).cloned())
            .ok_or(SimError::UnknownApp(app))?;
        let challenge = format!("{}", ids::random_below(10_000_000_000));
        let mut address = reqwest::Url::parse(&found.callback_url)
            .map_err(|error| SimError::Handshake(error.to_string()))?;
        address
            .query_pairs_mut()
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.challenge", &challenge)
            .append_pair("hub.verify_token", &found.verify_token);
        let answer = self
            .http
            .get(address)
            .timeout(Duration::from_millis(self.timing().callback_timeout_ms))
            .send()
            .await
            .map_err(|error| SimError::Handshake(error.without_url().to_string()))?;
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap_or_default();
        if status != 200 {
            return Err(SimError::Handshake(format!("HTTP {status}")));
        }
        if text != challenge {
            return Err(SimError::Handshake(
                "the answer is not the challenge".to_owned(),
            ));
        }
        Ok(())
    }
}
