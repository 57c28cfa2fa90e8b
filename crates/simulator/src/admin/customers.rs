//! `/sim/customers…`: the simulated people.
//! Called by the phone page and browser tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chats::ChatEntry;
use crate::engine::{Engine, PageEvent};
use crate::{Customer, NewCustomer, SimError};

/// `GET /sim/customers`: everybody, each with the last message of each chat.
pub(crate) async fn list_customers(State(engine): State<Arc<Engine>>) -> Json<Value> {
    let (people, latest) = engine
        .world
        .with(|world| (world.customers.all(), world.chats.latest()));
    let mut by_customer: BTreeMap<String, Vec<ChatEntry>> = BTreeMap::new();
    for entry in latest {
        let customer = entry.customer.clone();
        by_customer.entry(customer).or_default().push(entry);
    }
    let items: Vec<Value> = people
        .into_iter()
        .map(|customer| {
            let latest = by_customer.remove(&customer.id).unwrap_or_default();
            json!({"customer": customer, "latest": latest})
        })
        .collect();
    Json(json!({"items": items}))
}

/// `POST /sim/customers`.
pub(crate) async fn add_customer(
    State(engine): State<Arc<Engine>>,
    Json(new): Json<NewCustomer>,
) -> Json<Customer> {
    Json(engine.add_customer(new))
}

/// `GET /sim/customers/{customer}`.
pub(crate) async fn show_customer(
    State(engine): State<Arc<Engine>>,
    Path(customer): Path<String>,
) -> Result<Json<Customer>, SimError> {
    engine
        .world
        .with(|world| world.customer(&customer).cloned().map(Json))
}

/// What can be changed of a customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerChange {
    name: Option<String>,
    username: Option<String>,
    hide_phone: Option<bool>,
    phone_on: Option<bool>,
    /// A new phone number: told to the business.
    phone: Option<String>,
    /// `true`: a new user id, told to the business.
    #[serde(default)]
    new_user_id: bool,
}

/// `PATCH /sim/customers/{customer}`.
pub(crate) async fn change_customer(
    State(engine): State<Arc<Engine>>,
    Path(key): Path<String>,
    Json(change): Json<CustomerChange>,
) -> Result<Json<Customer>, SimError> {
    let id = engine.world.with(|world| {
        let mut customer = world.customer(&key)?.clone();
        customer.name = change.name.or(customer.name);
        customer.username = change.username.or(customer.username);
        customer.hide_phone = change.hide_phone.unwrap_or(customer.hide_phone);
        let id = customer.id.clone();
        world.customers.put(customer);
        Ok(id)
    })?;
    if let Some(on) = change.phone_on {
        engine.set_phone_on(&id, on)?;
    }
    if let Some(phone) = &change.phone {
        engine.change_phone(&id, phone)?;
    }
    if change.new_user_id {
        engine.change_user_id(&id)?;
    }
    let customer = engine.world.with(|world| world.customer(&id).cloned())?;
    engine.announce(PageEvent::Customer {
        customer: customer.clone(),
    });
    Ok(Json(customer))
}
