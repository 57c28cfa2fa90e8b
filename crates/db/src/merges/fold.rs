//! What a merge does to conversations, decided without the database: who holds them, and which two of one account become one.

use super::{
    moved::{Change, Fold, MovedThread, ThreadState},
    threads::Thread,
};
use crate::{
    Id, Millis,
    ids::{ContactId, ConversationId, GroupId},
};

/// Which of two groups becomes part of the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Groups<'a> {
    pub survivor: &'a GroupId,
    pub merged: &'a GroupId,
}

/// Decides what becomes of the conversations when their contacts, and perhaps their groups, become one. Changes `threads`.
pub(super) fn join(
    threads: &mut [Thread],
    survivor: &ContactId,
    groups: Option<Groups<'_>>,
    now: Millis,
) -> Vec<Fold> {
    let folds = groups.map_or_else(Vec::new, |groups| unify(threads, groups, now));
    for thread in threads {
        thread.contact_id.clone_from(survivor);
    }
    folds
}

fn unify(threads: &mut [Thread], groups: Groups<'_>, now: Millis) -> Vec<Fold> {
    let live = |group: &GroupId, threads: &[Thread]| -> Vec<Thread> {
        let of_group = |thread: &&Thread| thread.group_id == *group && thread.merged_into.is_none();
        threads.iter().filter(of_group).cloned().collect()
    };
    let mut folds = Vec::new();
    let staying = live(groups.survivor, threads);
    for coming in live(groups.merged, threads) {
        let met = staying
            .iter()
            .find(|thread| thread.account_id == coming.account_id);
        match met {
            None => set(threads, &coming.id, |thread| {
                thread.group_id.clone_from(groups.survivor);
            }),
            Some(met) => {
                let (into, from) = if met.outlives(&coming) {
                    (met, &coming)
                } else {
                    (&coming, met)
                };
                let aside = GroupId::new(now);
                folds.push(fold(threads, from, into, (groups.survivor, aside)));
            }
        }
    }
    folds
}

fn set(threads: &mut [Thread], id: &ConversationId, change: impl FnOnce(&mut Thread)) {
    if let Some(thread) = threads.iter_mut().find(|thread| thread.id == *id) {
        change(thread);
    }
}

/// Puts `from` into `into`. A folded conversation keeps a group of its own, so that the account's place for the joined group is free.
fn fold(
    threads: &mut [Thread],
    from: &Thread,
    into: &Thread,
    (group, aside): (&GroupId, GroupId),
) -> Fold {
    let along: Vec<ConversationId> = threads
        .iter()
        .filter(|thread| thread.merged_into.as_ref() == Some(&from.id))
        .map(|thread| thread.id.clone())
        .collect();
    for id in &along {
        set(threads, id, |thread| {
            thread.merged_into = Some(into.id.clone());
        });
    }
    let after = into.state().joined(&from.state());
    set(threads, &from.id, |thread| {
        thread.merged_into = Some(into.id.clone());
        thread.group_id = aside;
    });
    set(threads, &into.id, |thread| {
        thread.group_id.clone_from(group);
        thread.message_count += from.message_count;
        thread.unread_count += from.unread_count;
        thread.set_state(after.clone());
        let newer = from.last_message_id.is_some()
            && (thread.last_message_id.is_none() || from.last_message_at > thread.last_message_at);
        if newer {
            thread.take_preview(from);
        }
    });
    Fold {
        from: from.id.clone(),
        into: into.id.clone(),
        along,
        state: Change {
            before: into.state(),
            after,
        },
    }
}

impl Thread {
    /// A number as the address of answers is worth keeping; else the older conversation stays.
    fn outlives(&self, other: &Self) -> bool {
        let rank = |thread: &Self| {
            let has_number = thread.reply_kind == "phone";
            (!has_number, thread.created_at, thread.id.clone())
        };
        rank(self) <= rank(other)
    }

    fn state(&self) -> ThreadState {
        ThreadState {
            status: self.status.clone(),
            snoozed_until: self.snoozed_until,
            assignee_id: self.assignee_id.clone(),
            team_id: self.team_id.clone(),
            window_expires_at: self.window_expires_at,
        }
    }

    fn set_state(&mut self, state: ThreadState) {
        self.status = state.status;
        self.snoozed_until = state.snoozed_until;
        self.assignee_id = state.assignee_id;
        self.team_id = state.team_id;
        self.window_expires_at = state.window_expires_at;
    }

    fn take_preview(&mut self, from: &Self) {
        self.last_message_id.clone_from(&from.last_message_id);
        self.last_message_type.clone_from(&from.last_message_type);
        self.last_message_direction
            .clone_from(&from.last_message_direction);
        self.last_message_text.clone_from(&from.last_message_text);
        self.last_message_status
            .clone_from(&from.last_message_status);
        self.last_message_at = from.last_message_at;
    }
}

impl ThreadState {
    /// Whoever waits for us still does; whoever answers still does.
    fn joined(&self, other: &Self) -> Self {
        let open = |state: &Self| match state.status.as_str() {
            "open" => 0,
            "snoozed" => 1,
            _ => 2,
        };
        let waits = if open(other) < open(self) {
            other
        } else {
            self
        };
        Self {
            status: waits.status.clone(),
            snoozed_until: waits.snoozed_until,
            assignee_id: self
                .assignee_id
                .clone()
                .or_else(|| other.assignee_id.clone()),
            team_id: self.team_id.clone().or_else(|| other.team_id.clone()),
            window_expires_at: self.window_expires_at.max(other.window_expires_at),
        }
    }
}

/// Takes apart again what [`join`] made of the conversations. Changes `threads`.
pub(super) fn part(threads: &mut [Thread], moved: &[MovedThread], folds: &[Fold]) {
    for fold in folds {
        let Some(from) = threads
            .iter()
            .find(|thread| thread.id == fold.from)
            .cloned()
        else {
            continue;
        };
        let mut unread = from.unread_count;
        set(threads, &fold.into, |into| {
            // Whatever was read since was read in both.
            unread = unread.min(into.unread_count);
            into.unread_count -= unread;
            into.message_count = (into.message_count - from.message_count).max(0);
            into.set_state(fold.state.taken_back(&into.state()));
        });
        set(threads, &fold.from, |from| {
            from.merged_into = None;
            from.unread_count = unread;
        });
        for id in &fold.along {
            set(threads, id, |thread| {
                thread.merged_into = Some(fold.from.clone());
            });
        }
    }
    for was in moved {
        set(threads, &was.id, |thread| {
            thread.contact_id.clone_from(&was.contact_id);
            thread.group_id.clone_from(&was.group_id);
        });
    }
}
