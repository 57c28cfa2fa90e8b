//! Whether anything of an account may go: closed for a while where the provider or the account fails.

use hoopoe_db::Millis;

/// Pause while the provider can't be reached: doubled up to this. Milliseconds.
pub(super) const MAX_OUTAGE_PAUSE_MS: Millis = 30_000;

/// Whether anything may go.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gate {
    /// Nothing before this. Unix milliseconds.
    pub until: Millis,
    /// How often in a row the provider could not be reached, or the account did not work. While not 0, one message at a time tries.
    pub failures: u32,
    /// The state of the account is to be mended when something goes through.
    pub stopped: bool,
}

impl Gate {
    /// How many may begin now.
    pub(super) fn room(&self, under_way: usize, at_once: usize) -> usize {
        let most = if self.failures > 0 { 1 } else { at_once };
        most.saturating_sub(under_way)
    }

    pub(super) fn fail(&mut self, now: Millis, longest: Millis) {
        // Those that were under way together tell of one failure.
        if self.until > now {
            return;
        }
        let pause = 1000_i64
            .saturating_mul(1 << self.failures.min(10))
            .min(longest);
        self.failures += 1;
        self.until = self.until.max(now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn during_an_outage_one_message_at_a_time_tries_ever_more_rarely() {
        let mut gate = Gate::default();
        assert_eq!(gate.room(10, 64), 54);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            gate.until = 0;
            gate.fail(0, MAX_OUTAGE_PAUSE_MS);
            pauses.push(gate.until / 1000);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!((gate.room(0, 64), gate.room(1, 64)), (1, 0));
    }
}
