//! `Simulator`: the handle by which tests, the demo and load tests run the simulated world.
//! Everything here is a thin door to the engine.

mod look;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::engine::{Engine, PageEvent};
use crate::guarded::Guarded;
use crate::listener::SwitchedListener;
use crate::webhook::switches::Switches;
use crate::{
    Customer, MessageStatus, NewCustomer, Outgoing, Rules, SendFault, SendOptions, SimApp,
    SimError, SimGroup, SimNumber, SimTemplate, SimulatorConfig, Timing, admin, graph,
};

/// A running simulator; clones share it. It runs until `stop`.
#[derive(Clone)]
pub struct Simulator {
    pub(crate) engine: Arc<Engine>,
    address: SocketAddr,
    server: Arc<Guarded<Option<JoinHandle<()>>>>,
}

/// Starting, stopping and set-up.
impl Simulator {
    /// Starts serving on this listener; must be called inside a Tokio runtime.
    pub fn start(listener: TcpListener, config: SimulatorConfig) -> anyhow::Result<Self> {
        let address = listener
            .local_addr()
            .context("the listener has no address")?;
        let engine = Engine::new(config, format!("http://{address}"))?;
        let router = Router::new()
            .merge(graph::router())
            .merge(admin::router())
            .with_state(Arc::clone(&engine));
        let stop = engine.stop_signal();
        let listener = SwitchedListener::new(listener, engine.online.subscribe())?;
        let server = tokio::spawn(async move {
            let serving = axum::serve(listener, router)
                .with_graceful_shutdown(stop.cancelled_owned())
                .await;
            if let Err(error) = serving {
                tracing::error!(%error, "the simulator stopped serving");
            }
        });
        Ok(Self {
            engine,
            address,
            server: Arc::new(Guarded::new(Some(server))),
        })
    }

    /// Stops serving, delivering and retrying; open requests get two seconds.
    pub async fn stop(&self) {
        self.engine.stop().await;
        let Some(mut server) = self.server.with(Option::take) else {
            return;
        };
        let end = tokio::time::timeout(Duration::from_secs(2), &mut server);
        if end.await.is_err() {
            server.abort();
        }
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base address without a slash at the end, such as `http://127.0.0.1:4000`: for the Graph API
    /// (`{url}/v23.0/…`) and the phone page.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds an app and returns its index.
    pub fn add_app(&self, app: SimApp) -> usize {
        let index = self.engine.world.with(|world| {
            world.apps.push(app);
            world.apps.len() - 1
        });
        self.engine.announce(PageEvent::Setup);
        index
    }

    /// Replaces an app, e.g. after its secret or callback changed.
    pub fn set_app(&self, index: usize, app: SimApp) -> Result<(), SimError> {
        self.engine.world.with(|world| {
            let slot = world.apps.get_mut(index);
            *slot.ok_or(SimError::UnknownApp(index))? = app;
            Ok(())
        })
    }

    /// Adds a business number, or replaces the one with that id.
    pub fn add_number(&self, number: SimNumber) {
        self.engine.world.with(|world| {
            let id = &number.phone_number_id;
            world.numbers.retain(|known| known.phone_number_id != *id);
            world.numbers.push(number);
        });
        self.engine.announce(PageEvent::Setup);
    }

    /// Removes a business number; its chats stay.
    pub fn remove_number(&self, phone_number_id: &str) {
        self.engine.world.with(|world| {
            let numbers = &mut world.numbers;
            numbers.retain(|known| known.phone_number_id != phone_number_id);
        });
        self.engine.announce(PageEvent::Setup);
    }

    /// The business numbers.
    pub fn numbers(&self) -> Vec<SimNumber> {
        self.engine.world.with(|world| world.numbers.clone())
    }

    /// Replaces the message templates of every account.
    pub fn set_templates(&self, templates: Vec<SimTemplate>) {
        self.engine.world.with(|world| world.templates = templates);
    }

    /// The message templates of every account.
    pub fn templates(&self) -> Vec<SimTemplate> {
        self.engine.world.with(|world| world.templates.clone())
    }

    /// Gives a template another status (`APPROVED`, `REJECTED`, `PAUSED`, `DISABLED`, …) and tells the business of it.
    pub fn review_template(
        &self,
        template_id: &str,
        status: &str,
        reason: Option<&str>,
    ) -> Result<(), SimError> {
        self.engine.review_template(template_id, status, reason)
    }

    /// Does the verification handshake (`hub.challenge`) with an app's callback.
    pub async fn verify_callback(&self, app: usize) -> Result<(), SimError> {
        self.engine.verify_callback(app).await
    }

    /// Whether the business subscribed its app to this WABA.
    pub fn is_subscribed(&self, waba_id: &str) -> bool {
        self.engine
            .world
            .with(|world| world.subscribed.contains(waba_id))
    }

    /// How long things take.
    pub fn timing(&self) -> Timing {
        self.engine.timing()
    }

    /// Changes how long things take, from now on.
    pub fn set_timing(&self, timing: Timing) {
        self.engine.set_timing(timing);
    }

    /// How webhooks misbehave.
    pub fn switches(&self) -> Switches {
        self.engine.switches()
    }

    /// Lets webhooks misbehave, from now on; also for those being retried.
    pub fn set_switches(&self, switches: Switches) {
        self.engine.set_switches(switches);
    }

    /// Orders a fault for the next send request; several queue up.
    pub fn next_send(&self, fault: SendFault) {
        let queue = |world: &mut crate::engine::World| world.faults.sends.push_back(fault);
        self.engine.world.with(queue);
    }

    /// Lets a test decide by the request what happens to each send (after those of `next_send`), so that the faults of a run do not depend on
    /// the order in which requests come.
    pub fn plan_sends(
        &self,
        plan: impl FnMut(&serde_json::Value) -> Option<SendFault> + Send + 'static,
    ) {
        let plan: crate::faults::SendPlan = Box::new(plan);
        self.engine
            .world
            .with(|world| world.faults.plan = Some(plan));
    }

    /// Orders a fault for every send from now on (after those of `next_send`); `None` ends it.
    pub fn every_send(&self, fault: Option<SendFault>) {
        self.engine
            .world
            .with(|world| world.faults.every_send = fault);
    }

    /// Rules of WhatsApp that are in force.
    pub fn rules(&self) -> Rules {
        self.engine.world.with(|world| world.rules.clone())
    }

    /// Switches rules of WhatsApp on and off, from now on.
    pub fn set_rules(&self, rules: Rules) {
        self.engine.world.with(|world| world.rules = rules);
    }

    /// Breaks all connections and lets nobody connect, until it is switched on again; its own webhooks go on.
    pub fn set_online(&self, online: bool) {
        self.engine.online.send_replace(online);
    }

    /// Lets the next media downloads fail with HTTP 500.
    pub fn fail_downloads(&self, count: u32) {
        self.engine
            .world
            .with(|world| world.faults.downloads = count);
    }
}

/// Customers and what they do. A customer is named by our id, phone number (digits) or user id.
impl Simulator {
    /// Invents a customer; the one who already has that number is returned as is.
    pub fn add_customer(&self, new: NewCustomer) -> Customer {
        self.engine.add_customer(new)
    }

    /// Everybody, in order of appearance.
    pub fn customers(&self) -> Vec<Customer> {
        self.engine.world.with(|world| world.customers.all())
    }

    /// A customer by our id, phone number or user id.
    pub fn customer(&self, key: &str) -> Result<Customer, SimError> {
        self.engine.world.with(|world| world.customer(key).cloned())
    }

    /// Changes name, username or hiding; ids are changed by their own methods.
    pub fn change_profile(
        &self,
        customer: &str,
        change: impl FnOnce(&mut Customer),
    ) -> Result<Customer, SimError> {
        let changed = self.engine.world.with(|world| {
            let before = world.customer(customer)?.clone();
            let mut after = before.clone();
            change(&mut after);
            (after.id, after.wa_id, after.user_id) = (before.id, before.wa_id, before.user_id);
            world.customers.put(after.clone());
            Ok(after)
        })?;
        self.engine.announce(PageEvent::Customer {
            customer: changed.clone(),
        });
        Ok(changed)
    }

    /// Lets a customer be reached under another form of the number too, as in Brazil or Mexico: the answer to who writes to it names the `wa_id`.
    pub fn add_form(&self, customer: &str, phone: &str) -> Result<(), SimError> {
        self.engine.world.with(|world| {
            let id = world.customer(customer)?.id.clone();
            world.customers.add_form(&id, phone);
            Ok(())
        })
    }

    /// A customer writes to a number now; returns the wamid.
    pub fn customer_sends(
        &self,
        phone_number_id: &str,
        customer: &str,
        what: Outgoing,
    ) -> Result<String, SimError> {
        let now = SendOptions::default();
        self.customer_sends_with(phone_number_id, customer, what, now)
    }

    /// A customer writes, quoting, forwarding, at another time, or with a given id.
    pub fn customer_sends_with(
        &self,
        phone_number_id: &str,
        customer: &str,
        what: Outgoing,
        options: SendOptions,
    ) -> Result<String, SimError> {
        self.engine
            .customer_sends(phone_number_id, customer, what, options)
    }

    /// A customer reacts to a message; an empty emoji takes the reaction back. Returns the wamid.
    pub fn customer_reacts(&self, message_id: &str, emoji: &str) -> Result<String, SimError> {
        let (number, customer) = self.engine.world.with(|world| {
            let entry = world.entry(message_id)?;
            Ok((entry.phone_number_id.clone(), entry.customer.clone()))
        })?;
        let what = Outgoing::Reaction {
            message_id: message_id.to_owned(),
            emoji: emoji.to_owned(),
        };
        self.customer_sends(&number, &customer, what)
    }

    /// A customer opens the chat: what the business wrote becomes read. Returns how many messages that were.
    pub fn customer_reads(&self, phone_number_id: &str, customer: &str) -> Result<usize, SimError> {
        self.engine.customer_reads(phone_number_id, customer)
    }

    /// A customer plays a voice message of the business.
    pub fn customer_plays(&self, message_id: &str) -> Result<(), SimError> {
        self.engine
            .set_status(message_id, MessageStatus::Played, None)
    }

    /// Switches a phone on or off; messages to a phone that is off stay at `sent`.
    pub fn set_phone_on(&self, customer: &str, on: bool) -> Result<Customer, SimError> {
        self.engine.set_phone_on(customer, on)
    }

    /// A new phone number (and user id): tells every number the customer has a chat with, by a system
    /// message and a `user_id_update`.
    pub fn change_phone(&self, customer: &str, new_phone: &str) -> Result<Customer, SimError> {
        self.engine.change_phone(customer, new_phone)
    }

    /// A new user id, told in the same two ways.
    pub fn change_user_id(&self, customer: &str) -> Result<Customer, SimError> {
        self.engine.change_user_id(customer)
    }

    /// The business writes on its own phone (`smb_message_echoes`); returns the wamid.
    pub fn business_phone_sends(
        &self,
        phone_number_id: &str,
        customer: &str,
        what: Outgoing,
        options: SendOptions,
    ) -> Result<String, SimError> {
        self.engine
            .business_phone_sends(phone_number_id, customer, what, options)
    }

    /// Makes a group of customers, which the business can be written in and can write to.
    pub fn add_group(&self, subject: &str, members: &[&str]) -> Result<SimGroup, SimError> {
        self.engine.add_group(subject, members)
    }

    /// A member writes into a group; returns the wamid.
    pub fn member_sends(
        &self,
        phone_number_id: &str,
        group: &str,
        member: &str,
        what: Outgoing,
    ) -> Result<String, SimError> {
        self.engine
            .member_sends(phone_number_id, group, member, what)
    }

    /// Tells a status of a business's message to a group at one of its members by hand; `at_ms` default: now.
    pub fn send_member_status(
        &self,
        message_id: &str,
        member: &str,
        status: MessageStatus,
        at_ms: Option<i64>,
    ) -> Result<(), SimError> {
        let told = self
            .engine
            .group_status(message_id, Some(member), status, at_ms, None);
        told.unwrap_or_else(|| Err(SimError::UnknownMessage(message_id.to_owned())))
    }

    /// Tells a status of a business's message by hand, in a group at every member; `at_ms` default: now.
    pub fn send_status(
        &self,
        message_id: &str,
        status: MessageStatus,
        at_ms: Option<i64>,
    ) -> Result<(), SimError> {
        self.engine.set_status(message_id, status, at_ms)
    }
}
