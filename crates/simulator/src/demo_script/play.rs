//! Playing a script: every line becomes a signed webhook with its time in the past.
//! Called by `hoopoe demo` through `Simulator::play`.

use std::cmp::Reverse;

use super::{ScriptedContent, ScriptedConversation, ScriptedLine, Speaker};
use crate::statuses::Failure;
use crate::{MessageStatus, Outgoing, SendOptions, SimError, Simulator};

/// A conversation being played.
struct Scene<'a> {
    phone_number_id: String,
    customer: String,
    conversation: &'a ScriptedConversation,
    /// Message ids of the lines so far; none for lines still to come.
    ids: Vec<Option<String>>,
}

impl Simulator {
    /// Queues all lines of a script, oldest first over all conversations, and returns how many messages
    /// that were. `settled` tells when they have arrived. Needs at least one number.
    pub fn play(&self, script: &[ScriptedConversation]) -> Result<usize, SimError> {
        let mut scenes = self.scenes(script)?;
        let now_ms = self.engine.clock.now_ms();
        let order = in_time_order(&scenes);
        for (scene, line) in &order {
            if let Some(scene) = scenes.get_mut(*scene) {
                self.play_line(scene, *line, now_ms)?;
            }
        }
        Ok(order.len())
    }

    /// As `play`, but each line has arrived before the next is said. `announce` hears the time of each before it is
    /// said (Unix milliseconds), so that a server's clock can be set to it.
    pub async fn play_in_time(
        &self,
        script: &[ScriptedConversation],
        mut announce: impl FnMut(i64),
    ) -> Result<usize, SimError> {
        let mut scenes = self.scenes(script)?;
        let now_ms = self.engine.clock.now_ms();
        let order = in_time_order(&scenes);
        for (scene, line) in &order {
            if let Some(scene) = scenes.get_mut(*scene) {
                if let Some(saying) = scene.conversation.lines.get(*line) {
                    announce(now_ms - saying.ago_ms);
                }
                self.play_line(scene, *line, now_ms)?;
                self.settled().await;
            }
        }
        Ok(order.len())
    }

    /// Invents the customers of a script.
    fn scenes<'a>(&self, script: &'a [ScriptedConversation]) -> Result<Vec<Scene<'a>>, SimError> {
        let numbers = self.numbers();
        let mut scenes = Vec::new();
        for conversation in script {
            let position = conversation.number.checked_rem(numbers.len());
            let number = position.and_then(|position| numbers.get(position));
            let number = number.ok_or_else(|| SimError::UnknownNumber("(none)".to_owned()))?;
            scenes.push(Scene {
                phone_number_id: number.phone_number_id.clone(),
                customer: self.add_customer(conversation.customer.clone()).id,
                conversation,
                ids: vec![None; conversation.lines.len()],
            });
        }
        Ok(scenes)
    }

    fn play_line(&self, scene: &mut Scene<'_>, index: usize, now_ms: i64) -> Result<(), SimError> {
        let Some(line) = scene.conversation.lines.get(index) else {
            return Ok(());
        };
        let at_ms = now_ms - line.ago_ms;
        let id_of = |line: usize| scene.ids.get(line).cloned().flatten();
        let what = match &line.content {
            ScriptedContent::Say(what) => what.clone(),
            ScriptedContent::React { line, emoji } => Outgoing::Reaction {
                message_id: id_of(*line).unwrap_or_default(),
                emoji: emoji.clone(),
            },
        };
        let options = SendOptions {
            quote: line.quote.and_then(id_of),
            forwarded: line.forwarded,
            ..SendOptions::at(at_ms)
        };
        let (number, customer) = (&scene.phone_number_id, &scene.customer);
        let id = match line.from {
            Speaker::Customer => self.customer_sends_with(number, customer, what, options)?,
            Speaker::Team => {
                self.team_read(scene, index);
                let id = self.business_phone_sends(number, customer, what, options)?;
                if matches!(line.content, ScriptedContent::Say(_)) {
                    self.tell_statuses(&id, line, at_ms)?;
                }
                id
            }
        };
        if let Some(slot) = scene.ids.get_mut(index) {
            *slot = Some(id);
        }
        Ok(())
    }

    /// Who answers has read what was there.
    fn team_read(&self, scene: &Scene<'_>, index: usize) {
        let before = scene.ids.iter().take(index).flatten().next_back();
        if let Some(id) = before {
            self.engine
                .world
                .with(|world| world.chats.read_by_business(id));
        }
    }

    fn tell_statuses(&self, id: &str, line: &ScriptedLine, at_ms: i64) -> Result<(), SimError> {
        if line.reached == MessageStatus::Failed {
            return self.engine.fail(id, Failure::undeliverable());
        }
        let steps = [
            (MessageStatus::Sent, 1_000),
            (MessageStatus::Delivered, 2_000),
            (MessageStatus::Read, 20_000),
        ];
        for (status, after_ms) in steps {
            if status <= line.reached {
                self.send_status(id, status, Some(at_ms + after_ms))?;
            }
        }
        Ok(())
    }
}

/// Scene and line of every line, oldest first.
fn in_time_order(scenes: &[Scene<'_>]) -> Vec<(usize, usize)> {
    let mut order: Vec<(usize, usize, i64)> = Vec::new();
    for (scene, playing) in scenes.iter().enumerate() {
        let lines = playing.conversation.lines.iter().enumerate();
        order.extend(lines.map(|(line, content)| (scene, line, content.ago_ms)));
    }
    order.sort_by_key(|(_, _, ago_ms)| Reverse(*ago_ms));
    order
        .into_iter()
        .map(|(scene, line, _)| (scene, line))
        .collect()
}
