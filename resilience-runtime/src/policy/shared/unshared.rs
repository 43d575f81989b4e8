//! Without the feature `store`, no layer shares anything.

use super::LayerSharing;
use crate::bulkhead::BulkheadConfig;
use crate::circuit_breaker::{CircuitBreaker, CircuitBreakerConfig, RejectedCall};
use crate::policy::invalid::Draft;
use crate::policy::keyed::{CallKey, Held};
use crate::rate_limit::RateLimiterConfig;

impl LayerSharing {
    pub const NONE: Self = Self {};

    #[allow(clippy::unused_self, reason = "with the feature `store` it is used")]
    pub const fn check_limit(&self, _: &mut Draft<RateLimiterConfig>, _: bool) {}

    #[allow(clippy::unused_self, reason = "with the feature `store` it is used")]
    pub const fn check_breaker(&self, _: &mut Draft<CircuitBreakerConfig>, _: bool) {}

    #[allow(clippy::unused_self, reason = "with the feature `store` it is used")]
    pub const fn check_bulkhead(&self, _: &mut Draft<BulkheadConfig>, _: bool) {}

    #[allow(clippy::unused_async, clippy::unused_self, reason = "with the feature `store` it is used")]
    pub async fn check_signal<'a>(
        &self,
        _: &'a Held<'_, CircuitBreaker>,
        _: Option<&dyn CallKey>,
    ) -> Result<(), RejectedCall<'a>> {
        Ok(())
    }
}
