//! When a delivery that failed is tried again, and when it is given up.

use hoopoe_db::Millis;

/// The pause after the first failure; each further one is four times as long, up to the longest. Milliseconds.
const FIRST_MS: Millis = 5_000;
const LONGEST_MS: Millis = 4 * 60 * 60 * 1000;

/// Attempts before a delivery is given up: with these pauses about a day.
const MOST_TRIES: i64 = 12;

/// Attempts where the receiver has read the event and refuses it: so that one that it will never take holds up what is behind it for minutes only.
const MOST_REFUSALS: i64 = 5;

/// The longest pause that a receiver may wish for (`Retry-After`). Milliseconds.
const LONGEST_WISH_MS: Millis = 60 * 60 * 1000;

/// How long to wait after so many failures in a row; `None` to give up. Milliseconds.
pub(super) fn next(tries: i64, is_refusal: bool, wish_ms: Option<Millis>) -> Option<Millis> {
    let most = if is_refusal {
        MOST_REFUSALS
    } else {
        MOST_TRIES
    };
    if tries >= most {
        return None;
    }
    let fourfold = (1..tries).fold(FIRST_MS, |pause, _| pause.saturating_mul(4));
    let wish = wish_ms.unwrap_or_default().min(LONGEST_WISH_MS);
    Some(fourfold.min(LONGEST_MS).max(wish))
}

/// A pause made longer by up to a fifth, so that what failed together does not come back together.
pub(super) fn spread(pause: Millis, chance: u8) -> Millis {
    pause + pause / 5 * Millis::from(chance) / Millis::from(u8::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pauses_grow_and_end_after_about_a_day() {
        let pauses: Vec<Millis> = (1..).map_while(|tries| next(tries, false, None)).collect();
        let seconds: Vec<Millis> = pauses.iter().map(|pause| pause / 1000).collect();
        assert_eq!(
            seconds,
            [
                5, 20, 80, 320, 1280, 5120, 14400, 14400, 14400, 14400, 14400
            ]
        );
        let hours = pauses.iter().sum::<Millis>() / 3_600_000;
        assert!((20..=26).contains(&hours), "{hours}");
        assert_eq!((spread(5_000, 0), spread(5_000, 255)), (5_000, 6_000));
    }

    #[test]
    fn a_refused_event_is_given_up_within_minutes() {
        assert_eq!(next(4, true, None), Some(320_000));
        assert_eq!(next(5, true, None), None);
    }

    #[test]
    fn a_receivers_wish_is_respected_up_to_an_hour() {
        assert_eq!(next(1, false, Some(60_000)), Some(60_000));
        assert_eq!(next(1, false, Some(1_000)), Some(5_000));
        assert_eq!(next(1, false, Some(Millis::MAX)), Some(3_600_000));
    }
}
