use std::time::Duration;

/// What one `#[cached]` was given, built in an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheConfig {
    pub(super) ttl: Option<Duration>,
    pub(super) max_size: usize,
    pub(super) coalesce: bool,
    pub(super) cache_degraded: bool,
}

impl CacheConfig {
    pub const DEFAULT: Self = Self { ttl: None, max_size: 1_000, coalesce: true, cache_degraded: false };

    #[must_use]
    #[track_caller]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        assert!(!ttl.is_zero(), "a `ttl` of zero keeps nothing");
        self.ttl = Some(ttl);
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn max_size(mut self, entries: usize) -> Self {
        assert!(entries >= 1, "`max_size` of `#[cached]` must be at least 1");
        self.max_size = entries;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn coalesce(mut self, coalesce: bool) -> Self {
        self.coalesce = coalesce;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn cache_degraded(mut self, keep: bool) -> Self {
        self.cache_degraded = keep;
        self
    }
}
