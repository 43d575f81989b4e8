//! The time at which a value is loaded again before it expires. The random number is an argument.

use std::time::Duration;

/// Draws how long before the expiry of a value this caller loads it again.
///
/// A longer load begins earlier. The draws of many processes spread over the time before the
/// expiry, so that usually one of them loads (Vattani, Chierichetti and Lowenstein, 2015).
#[expect(clippy::cast_precision_loss, reason = "the upper 53 bits are exact")]
pub fn early_by(load_time: Duration, random: u64) -> Duration {
    let drawn = ((random >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    Duration::try_from_secs_f64(load_time.as_secs_f64() * -drawn.ln()).unwrap_or_default()
}

/// Returns the time for which a near copy is used, if the value is fresh for `left`. A copy never
/// lasts to the expiry, so that some process draws again before it.
pub fn near_time(near: Duration, left: Option<Duration>, early_by: Duration) -> Duration {
    let Some(left) = left else { return near };
    near.min(left.checked_sub(early_by).filter(|time| !time.is_zero()).unwrap_or(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_is_never_negative_and_in_the_mean_the_load_time() {
        let load = Duration::from_millis(100);
        assert_eq!(early_by(load, u64::MAX), Duration::ZERO);
        assert!(early_by(load, 0) > Duration::from_secs(3));
        assert_eq!(early_by(Duration::ZERO, 0), Duration::ZERO);
        let draws = 1_000_u64;
        let sum: Duration = (0..draws).map(|draw| early_by(load, u64::MAX / draws * draw + u64::MAX / 2_000)).sum();
        let mean = sum / u32::try_from(draws).expect("it is small");
        assert!((95..105).contains(&mean.as_millis()), "{mean:?}");
    }

    #[test]
    fn a_copy_ends_with_its_value_at_the_latest() {
        let (near, second) = (Duration::from_secs(30), Duration::from_secs(1));
        assert_eq!(near_time(near, None, second), near);
        assert_eq!(near_time(near, Some(near * 2), second), near);
        assert_eq!(near_time(near, Some(second * 20), second), second * 19);
        assert_eq!(near_time(near, Some(second), second * 2), second);
    }
}
