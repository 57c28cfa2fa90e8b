//! What goes wrong, on demand: connections break, WhatsApp refuses, says nothing, or ends the link. The mock's public functions for it.

use super::{LinkedServer, Refusal, connection, state};

impl LinkedServer {
    /// The connections of a phone's companions break.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn drop_connections(&self, number: &str) -> anyhow::Result<()> {
        self.tell(number, state::Line::close)
    }

    /// WhatsApp asks the companions to connect anew (515).
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn restart(&self, number: &str) -> anyhow::Result<()> {
        self.tell(number, connection::restart)
    }

    /// Another connection takes the companions' place.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn replace(&self, number: &str) -> anyhow::Result<()> {
        self.tell(number, |line| {
            line.send(connection::replaced());
            line.close();
        })
    }

    /// The phone ends the link to its companions.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn unlink(&self, number: &str) -> anyhow::Result<()> {
        self.tell(number, |line| {
            line.send(connection::removed());
            line.close();
        })?;
        self.world.change(|state| {
            let devices = &mut state.phone(number)?.devices;
            devices.retain(|number, _| *number == 0);
            Ok(())
        })
    }

    /// Whether companions are let in when they come back; those that are connected stay.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn refuse(&self, number: &str, refusal: Option<Refusal>) -> anyhow::Result<()> {
        self.world
            .change(|state| state.phone(number).map(|phone| phone.refusal = refusal))
    }

    /// Whether WhatsApp hears the companions of a phone: connections stay, and nothing comes over them.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn set_deaf(&self, number: &str, deaf: bool) -> anyhow::Result<()> {
        self.world
            .change(|state| state.phone(number).map(|phone| phone.deaf = deaf))
    }

    /// The next message of the phone's companions is refused with a code.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn refuse_next_message(&self, number: &str, code: &str) -> anyhow::Result<()> {
        self.world.change(|state| {
            state.phone(number)?.nack = Some(code.to_owned());
            Ok(())
        })
    }

    /// WhatsApp takes the next message of the phone's companions, and does not say so.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn swallow_next_answer(&self, number: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| state.phone(number).map(|phone| phone.silent = true))
    }

    /// The QR codes that clients show are good no more: they get others.
    pub fn renew_codes(&self) {
        self.world.change(|state| {
            for line in state.unlinked() {
                state.references.retain(|_, other| other.id != line.id);
                connection::offer_codes(state, &line);
            }
        });
    }

    /// WhatsApp wants a passkey of those who want to be linked.
    pub fn ask_passkey(&self) {
        self.world.change(|state| {
            let lines = state.unlinked();
            lines.iter().for_each(connection::ask_passkey);
        });
    }

    fn tell(&self, number: &str, work: impl Fn(&state::Line)) -> anyhow::Result<()> {
        self.world.change(|state| {
            state.phone(number)?.lines().iter().for_each(work);
            Ok(())
        })
    }
}
