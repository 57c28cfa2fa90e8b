//! The life of a template after it was handed in: reviewed, and told of by `message_template_status_update`.
//! Started by the template endpoints; `Simulator::review_template` decides by hand.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::engine::Engine;
use crate::webhook::update::Update;
use crate::{SimError, SimTemplate};

/// Templates whose name begins so are rejected.
const REJECTED_PREFIX: &str = "reject_";

impl Engine {
    /// Lets a template be reviewed on a timer of its own.
    pub(crate) fn start_review(self: &Arc<Self>, template: &SimTemplate) {
        let Some(after_ms) = self.timing().review_after_ms else {
            return;
        };
        let (engine, id) = (Arc::clone(self), template.id.clone());
        let is_bad = template.name.starts_with(REJECTED_PREFIX);
        self.work_begins();
        self.spawn(async move {
            engine.pause(Duration::from_millis(after_ms)).await;
            let (status, reason) = if is_bad {
                ("REJECTED", Some("INVALID_FORMAT"))
            } else {
                ("APPROVED", None)
            };
            // It may have been deleted meanwhile.
            let _ = engine.review_template(&id, status, reason);
            engine.work_ends();
        });
    }

    /// Gives a template another status and tells of it.
    pub(crate) fn review_template(
        self: &Arc<Self>,
        template_id: &str,
        status: &str,
        reason: Option<&str>,
    ) -> Result<(), SimError> {
        let template = self.world.with(|world| {
            let mut templates = world.templates.iter_mut();
            let template = templates
                .find(|template| template.id == template_id)
                .ok_or_else(|| SimError::UnknownTemplate(template_id.to_owned()))?;
            status.clone_into(&mut template.status);
            template.rejected_reason = reason.map(str::to_owned);
            Ok(template.clone())
        })?;
        self.tell_of_template(&template, status, reason);
        Ok(())
    }

    /// Posts a `message_template_status_update` to every app of the account.
    pub(crate) fn tell_of_template(
        self: &Arc<Self>,
        template: &SimTemplate,
        event: &str,
        reason: Option<&str>,
    ) {
        let targets: BTreeSet<(usize, String)> = self.world.with(|world| {
            let numbers = world.numbers.iter();
            numbers
                .filter(|number| template.is_of(&number.waba_id))
                .map(|number| (number.app, number.waba_id.clone()))
                .collect()
        });
        let told_reason = (event != "DELETED").then(|| reason.unwrap_or("NONE"));
        let value = json!({
            "event": event,
            "message_template_id": template.id.parse::<u64>().unwrap_or_default(),
            "message_template_name": template.name,
            "message_template_language": template.language,
            "message_template_category": template.category,
            "reason": told_reason,
        });
        let entry_time = self.clock.now_ms().div_euclid(1000);
        for (app, waba_id) in targets {
            self.deliver(Update {
                app,
                waba_id,
                field: "message_template_status_update",
                value: value.clone(),
                phone_number_id: String::new(),
                customer: String::new(),
                message_id: template.id.clone(),
                summary: format!("template {}", event.to_ascii_lowercase()),
                entry_time: Some(entry_time),
            });
        }
    }
}
