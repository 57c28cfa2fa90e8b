//! Numbers: a latency histogram, the spread over rounds, and the conversions the lints want explained.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Linear below this many µs; 32 steps per power of two above (error at most 3 %).
const LINEAR: u64 = 64;
const STEPS: u64 = 32;
const BUCKETS: u64 = LINEAR + STEPS * 40;

/// Latencies in whole microseconds, shared by all tasks of a trial.
#[derive(Debug)]
pub struct Histogram {
    buckets: Vec<AtomicU64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Histogram {
    /// Adds one latency.
    pub fn record(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get(index(bucket_of(micros))) {
            bucket.fetch_add(1, Relaxed);
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.buckets
            .iter()
            .for_each(|bucket| bucket.store(0, Relaxed));
    }

    /// The latency in milliseconds that `share` (0 to 1) of all stay under; none when empty.
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let total: u64 = self.buckets.iter().map(|bucket| bucket.load(Relaxed)).sum();
        let mut left = float(total) * share;
        for (number, bucket) in (0..).zip(&self.buckets) {
            left -= float(bucket.load(Relaxed));
            if total > 0 && left <= 0.0 {
                return Some(float(upper_bound(number)) / 1_000.0);
            }
        }
        None
    }
}

fn bucket_of(micros: u64) -> u64 {
    if micros < LINEAR {
        return micros;
    }
    let shift = u64::from(micros.ilog2() - STEPS.ilog2());
    LINEAR + (shift - 1) * STEPS + ((micros >> shift) - STEPS)
}

fn upper_bound(bucket: u64) -> u64 {
    if bucket < LINEAR {
        return bucket;
    }
    let shift = (bucket - LINEAR) / STEPS + 1;
    let top = (bucket - LINEAR) % STEPS + STEPS;
    ((top + 1) << shift) - 1
}

/// The middle of several rounds, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The median.
    pub middle: f64,
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl Spread {
    /// None without values.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (low, high) = (*values.first()?, *values.last()?);
        let upper = *values.get(values.len() / 2)?;
        let lower = *values.get((values.len() - 1) / 2)?;
        Some(Self {
            middle: f64::midpoint(lower, upper),
            low,
            high,
        })
    }
}

/// A count as a number to divide with.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "counts here stay far below 2^52"
)]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// A count as a position in memory.
pub fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// A length as a count.
pub fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A non-negative number as a whole count.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates"
)]
pub fn whole(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_falls_into_a_bucket_that_holds_it() {
        for micros in [0, 1, 63, 64, 65, 127, 128, 1_000, 999_999, 60_000_000] {
            let upper = upper_bound(bucket_of(micros));
            assert!(
                upper >= micros && float(upper) <= float(micros) * 1.035 + 1.0,
                "{micros} → {upper}"
            );
        }
    }

    #[test]
    fn quantiles_come_from_the_sorted_latencies() {
        let histogram = Histogram::default();
        (1..=100).for_each(|ms| histogram.record(Duration::from_millis(ms)));
        let near = |share: f64, ms: f64| {
            histogram
                .quantile_ms(share)
                .is_some_and(|found| (found / ms - 1.0).abs() < 0.04)
        };
        assert!(near(0.5, 50.0) && near(0.99, 99.0));
        histogram.clear();
        assert_eq!(histogram.quantile_ms(0.5), None);
    }

    #[test]
    fn spread_has_the_median_in_the_middle() {
        assert_eq!(
            Spread::of(vec![3.0, 1.0, 2.0]),
            Some(Spread {
                middle: 2.0,
                low: 1.0,
                high: 3.0
            })
        );
        assert_eq!(Spread::of(vec![]), None);
    }
}
