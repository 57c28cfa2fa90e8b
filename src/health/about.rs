//! Which program this is, and where its source is: whoever uses it over the network may have it (AGPL-3.0, section 13).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{app::App, auth::Access, extract::Json};

/// Stands for the commit in the address of the source.
const COMMIT: &str = "{commit}";

/// Which program this is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct About {
    /// Its version.
    pub version: String,
    /// The commit that it was built from.
    pub commit: String,
    /// Its licence, by its SPDX name.
    pub license: String,
    /// Where the source of exactly this program is; `null` where the operator has not said.
    pub source_url: Option<String>,
    /// Whether this is `hoopoe demo`: a shop whose customers are simulated.
    pub demo: bool,
    /// Whether phones are linked to a stand-in for WhatsApp, so that simulated ones can be.
    pub simulated_phones: bool,
}

/// Which program this is, and where its source is
#[utoipa::path(get, path = "/about", tag = "health", responses((status = OK, body = About)))]
pub async fn get_about(State(app): State<App>, _: Access) -> Json<About> {
    let commit = env!("BUILD_COMMIT_OF_HOOPOE");
    let told = app.config.server.source_url.replace(COMMIT, commit);
    Json(About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: commit.to_owned(),
        license: env!("CARGO_PKG_LICENSE").to_owned(),
        source_url: (!told.is_empty()).then_some(told),
        demo: app.config.demo,
        simulated_phones: !app.config.linked.url.is_empty(),
    })
}
