//! WhatsApp's limits on how fast a business may write, where [`crate::Rules`] switch them on.
//! Asked by the send handler before a message is accepted.

use std::collections::HashMap;

use crate::engine::World;

/// A pair may have one message per so many milliseconds…
const PAIR_EVERY_MS: i64 = 6_000;
/// …and borrow so many.
const PAIR_BURST: i64 = 45;

/// What is left of the limits.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// By number: the second, and how many messages in it.
    seconds: HashMap<String, (i64, u32)>,
    /// By number and customer: when all that was borrowed is paid back, Unix milliseconds.
    pairs: HashMap<(String, String), i64>,
}

impl Limits {
    fn is_over_throughput(&mut self, number: &str, most: u32, now_ms: i64) -> bool {
        let second = now_ms.div_euclid(1000);
        let (counted, messages) = self.seconds.entry(number.to_owned()).or_default();
        if *counted != second {
            (*counted, *messages) = (second, 0);
        }
        if *messages >= most {
            return true;
        }
        *messages += 1;
        false
    }

    fn is_over_pair_limit(&mut self, number: &str, customer: &str, now_ms: i64) -> bool {
        let key = (number.to_owned(), customer.to_owned());
        let paid_at = self.pairs.entry(key).or_insert(now_ms);
        let next = now_ms.max(*paid_at) + PAIR_EVERY_MS;
        if next - now_ms > PAIR_BURST * PAIR_EVERY_MS {
            return true;
        }
        *paid_at = next;
        false
    }
}

impl World {
    /// Counts a message of this number; true if it is one too many for this second.
    pub(crate) fn is_over_throughput(&mut self, number: &str, now_ms: i64) -> bool {
        let most = self.rules.throughput_per_s;
        most.is_some_and(|most| self.limits.is_over_throughput(number, most, now_ms))
    }

    /// Counts a message of this number to this customer; true if it is one too many.
    pub(crate) fn is_over_pair_limit(&mut self, number: &str, customer: &str, now_ms: i64) -> bool {
        self.rules.pair_limit && self.limits.is_over_pair_limit(number, customer, now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_messages() {
        let mut limits = Limits::default();
        let over: Vec<bool> = [0, 500, 999, 1000, 1001, 1002]
            .map(|now_ms| limits.is_over_throughput("1", 2, now_ms))
            .into();
        assert_eq!(over, [false, false, true, false, false, true]);
        assert!(!limits.is_over_throughput("2", 2, 1002));
    }

    #[test]
    fn a_pair_borrows_forty_five_messages_and_pays_them_back() {
        let mut limits = Limits::default();
        let mut send = |now_ms| limits.is_over_pair_limit("1", "ana", now_ms);
        assert!((0..45).all(|_| !send(0)));
        assert!(send(0));
        assert!(send(5_999));
        assert!(!send(6_000));
        assert!(send(6_000));
        assert!(!limits.is_over_pair_limit("1", "ben", 6_000));
    }
}
