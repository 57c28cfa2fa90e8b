//! Which of WhatsApp's words are an end that only a person can undo, and how to say it. Pure; used by `session`.

use hoopoe_db::model::AccountState;
use whatsapp_rust::wacore::types::events::{
    ConnectFailure, ConnectFailureReason, Event, LoggedOut, TempBanReason, TemporaryBan,
};

/// An end, with its reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub state: AccountState,
    pub reason: String,
}

impl End {
    fn new(state: AccountState, reason: impl Into<String>) -> Self {
        Self {
            state,
            reason: reason.into(),
        }
    }

    /// The end that an event is, if it is one.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::StreamReplaced(_) => Some(Self::new(
                AccountState::Replaced,
                "Another program uses this link. If that is a second Hoopoe, stop one of them, then connect again here.",
            )),
            Event::LoggedOut(out) => Some(logged_out(out)),
            Event::TemporaryBan(ban) => Some(banned(ban)),
            Event::ClientOutdated(_) => Some(Self::new(
                AccountState::Outdated,
                "WhatsApp no longer accepts this version's protocol. Install a newer Hoopoe.",
            )),
            Event::ConnectFailure(failure) => failed(failure),
            _ => None,
        }
    }
}

fn logged_out(out: &LoggedOut) -> End {
    if out.reason == ConnectFailureReason::AccountLocked {
        return End::new(
            AccountState::Banned,
            "WhatsApp has locked this account. Open WhatsApp on the phone to see why.",
        );
    }
    End::new(
        AccountState::LoggedOut,
        "The phone ended the link. Link it again to go on.",
    )
}

fn banned(ban: &TemporaryBan) -> End {
    let why = match ban.code {
        TempBanReason::SentToTooManyPeople => "it wrote to too many people",
        TempBanReason::BlockedByUsers => "too many people blocked it",
        TempBanReason::CreatedTooManyGroups => "it made too many groups",
        TempBanReason::SentTooManySameMessage => "it sent the same message too often",
        TempBanReason::BroadcastList => "it sent to too many by broadcast",
        TempBanReason::Unknown(_) => "it gave no reason that is known here",
    };
    let hours = ban.expire.num_minutes().max(0).unsigned_abs().div_ceil(60);
    End::new(
        AccountState::Banned,
        format!(
            "WhatsApp keeps this number out for about {hours} h: {why}. Connect again after that."
        ),
    )
}

/// What the client gives up on, too; the rest it tries again.
fn failed(failure: &ConnectFailure) -> Option<End> {
    match failure.reason {
        reason if reason.should_reconnect() => None,
        ConnectFailureReason::TempBanned => Some(End::new(
            AccountState::Banned,
            "WhatsApp keeps this number out for a while. Open WhatsApp on the phone to see why.",
        )),
        reason => Some(End::new(
            AccountState::Error,
            format!(
                "WhatsApp refused the connection ({reason:?}). Connect again; if it stays, reset the link."
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::wacore::{chrono::Duration, types::events::StreamReplaced};

    use super::*;

    fn state(event: Event) -> Option<AccountState> {
        End::of(&event).map(|end| end.state)
    }

    #[test]
    fn ends_that_only_a_person_can_undo_are_known() {
        let out = |reason| {
            let out = LoggedOut::builder().on_connect(true).reason(reason).build();
            Event::LoggedOut(out)
        };
        let failure =
            |reason| Event::ConnectFailure(ConnectFailure::builder().reason(reason).build());
        let replaced = Event::StreamReplaced(StreamReplaced::builder().build());
        assert_eq!(state(replaced), Some(AccountState::Replaced));
        assert_eq!(
            state(out(ConnectFailureReason::LoggedOut)),
            Some(AccountState::LoggedOut)
        );
        assert_eq!(
            state(out(ConnectFailureReason::AccountLocked)),
            Some(AccountState::Banned)
        );
        assert_eq!(
            state(failure(ConnectFailureReason::TempBanned)),
            Some(AccountState::Banned)
        );
        assert_eq!(
            state(failure(ConnectFailureReason::BadUserAgent)),
            Some(AccountState::Error)
        );
        assert_eq!(
            state(failure(ConnectFailureReason::ServiceUnavailable)),
            None
        );
    }

    #[test]
    fn a_ban_says_how_long_and_why() {
        let ban = TemporaryBan::builder()
            .code(TempBanReason::BlockedByUsers)
            .expire(Duration::minutes(61))
            .build();
        let end = End::of(&Event::TemporaryBan(ban)).unwrap();
        assert!(
            end.reason.contains("about 2 h: too many people blocked it"),
            "{}",
            end.reason
        );
    }
}
