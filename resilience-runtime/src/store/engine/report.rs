use std::time::Duration;

use crate::time::Moment;

/// The shortest time between two reports.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// Counts something that may happen often, for reports at most once a minute.
#[derive(Debug, Clone, Copy)]
pub(super) struct ThrottledReport {
    pub total: u64,
    reported: u64,
    next: Option<Moment>,
}

impl ThrottledReport {
    pub const NEW: Self = Self { total: 0, reported: 0, next: None };

    /// Returns the number since the last report, if the next one is due.
    pub fn count(&mut self, count: u64, now: Moment) -> Option<u64> {
        self.total = self.total.saturating_add(count);
        if self.next.is_some_and(|next| now < next) {
            return None;
        }
        self.next = Some(now.after(REPORT_INTERVAL));
        let unreported = self.total - self.reported;
        self.reported = self.total;
        Some(unreported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::from_nanos(1_000_000_000_000 + millis * 1_000_000)
    }

    #[test]
    fn repetitions_are_reported_once_a_minute() {
        let mut report = ThrottledReport::NEW;
        assert_eq!(report.count(1, at(0)), Some(1));
        assert_eq!(report.count(2, at(59_999)), None);
        assert_eq!(report.count(3, at(60_000)), Some(5));
        assert_eq!(report.total, 6);
    }
}
