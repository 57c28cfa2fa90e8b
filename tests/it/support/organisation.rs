//! An organisation with people, a number and its webhook: what most tests start from.

use hmac::{Hmac, KeyInit as _, Mac as _};
use hoopoe_db::{
    ids::{AccountId, MetaAppId, TenantId},
    model::Role,
    tenants,
};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Answer, Person, Server};

/// The app secret of all Meta apps of tests.
const APP_SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An organisation.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Its id.
    pub id: TenantId,
    /// Its admin.
    pub admin: Person,
    /// Its manager.
    pub manager: Person,
    /// Its agent, a member of [`account`](Self::account).
    pub agent: Person,
    /// Its Meta app.
    pub meta_app_id: MetaAppId,
    /// The random part of the Meta app's webhook path.
    pub hook: String,
    /// Its number.
    pub account: AccountId,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: String,
}

impl Organisation {
    /// Makes one, by the API as far as it goes.
    pub async fn create(server: &Server, name: &str) -> Self {
        let mut tx = server.app.db.begin().await.unwrap();
        let tenant = tenants::insert_tenant(&mut tx, name, server.app.clock.now())
            .await
            .unwrap();
        server.app.commit(tx).await.unwrap();
        let join = async |role: Role| {
            let email = format!("{}@{name}.example", role.as_str());
            let user = server.add_user(&tenant.id, &email, role).await;
            server.log_in(&user.id).await
        };
        let (admin, manager, agent) = (
            join(Role::Admin).await,
            join(Role::Manager).await,
            join(Role::Agent).await,
        );
        let app = json!({ "name": "App", "app_secret": APP_SECRET });
        let app = admin.post("/meta-apps", app).await.expect(201).json;
        let phone_number_id = "100200300400500".to_owned();
        let waba_id = "900800700600500".to_owned();
        let account = connect(&admin, &app["id"], &phone_number_id, &waba_id).await;
        let members = json!({ "user_ids": [agent.id] });
        admin
            .put(&format!("/accounts/{account}/members"), members)
            .await
            .expect(200);
        Self {
            id: tenant.id,
            admin,
            manager,
            agent,
            meta_app_id: app["id"].as_str().unwrap().parse().unwrap(),
            hook: app["hook"].as_str().unwrap().to_owned(),
            account,
            phone_number_id,
            waba_id,
        }
    }

    /// Connects a further number with the same Meta app.
    pub async fn connect(&self, phone_number_id: &str) -> AccountId {
        connect(
            &self.admin,
            &json!(self.meta_app_id),
            phone_number_id,
            &self.waba_id,
        )
        .await
    }

    /// Delivers a webhook's body as Meta does: signed.
    pub async fn deliver(&self, server: &Server, body: &Value) -> Answer {
        let body = body.to_string();
        let request = server
            .http
            .post(format!("{}/webhooks/whatsapp/{}", server.url, self.hook))
            .header("content-type", "application/json")
            .header("x-hub-signature-256", sign(body.as_bytes()))
            .body(body);
        Answer::of(request).await
    }
}

async fn connect(
    admin: &Person,
    meta_app_id: &Value,
    phone_number_id: &str,
    waba_id: &str,
) -> AccountId {
    let account = json!({
        "channel": "cloud", "name": "Shop", "color": "#336699", "phone": "+49 30 901820",
        "phone_number_id": phone_number_id, "waba_id": waba_id, "meta_app_id": meta_app_id, "access_token": "EAAtoken",
    });
    let answer = admin.post("/accounts", account).await.expect(201);
    answer.json["id"].as_str().unwrap().parse().unwrap()
}

/// The signature of a delivery, as Meta's header has it.
pub fn sign(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}
