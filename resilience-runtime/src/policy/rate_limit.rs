use std::borrow::Cow;
use std::panic::Location;
use std::time::Duration;

use super::invalid::Draft;
use super::{Blocking, Inside, InvalidPolicy, Kind, Layer, Operation, Reject};
use crate::error::Error;
use crate::gate::{enter, enter_blocking};
use crate::instance::site::Site;
use crate::outcome::Rejection;
use crate::rate_limit::{RateLimiter, RateLimiterConfig};

/// Lets so many calls pass in a time, as `#[rate_limit]` does: through the limiter of this name,
/// which all policies and attributes share that say it, and [`RateLimiter::named`](crate::RateLimiter::named) finds. It
/// exists from the first call on.
///
/// A call that is dropped while it waits gives its turn back.
#[track_caller]
pub fn rate_limit(name: impl Into<Cow<'static, str>>) -> RateLimitBuilder {
    let draft = Draft::new(RateLimiterConfig::DEFAULT);
    RateLimitBuilder { draft, name: name.into(), place: Location::caller(), max_given: false }
}

/// A rate limit in the making, from [`rate_limit`].
#[derive(Debug)]
#[must_use = "there is no layer before `build()`"]
pub struct RateLimitBuilder {
    draft: Draft<RateLimiterConfig>,
    name: Cow<'static, str>,
    place: &'static Location<'static>,
    max_given: bool,
}

impl RateLimitBuilder {
    /// How many calls may pass [`per`](Self::per) time; at least 1. There is no default.
    pub fn max(mut self, calls: u32) -> Self {
        self.max_given = true;
        self.draft.set(|config| config.try_max(calls));
        self
    }

    /// In which time; longer than zero. Default: 1 s.
    pub fn per(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_per(time));
        self
    }

    /// How many of them at once; at least 1. Default: all.
    pub fn burst(mut self, calls: u32) -> Self {
        self.draft.set(|config| config.try_burst(calls));
        self
    }

    /// The longest wait for a turn; longer than zero. Default: none, a call that comes too early is rejected.
    pub fn wait(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_wait(time));
        self
    }

    /// The layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with everything that is wrong: no `max`, a value of zero, an empty name.
    pub fn build<T, E: From<Error>>(self) -> Result<Layer<T, E>, InvalidPolicy> {
        let Self { mut draft, name, place, max_given } = self;
        draft.wrong_if(!max_given, "`max` is missing: how many calls may pass; add `.max(10)`, and `.per(..)` a time");
        let name = draft.name(name);
        let config = draft.finish("rate_limit")?;
        let site = Site::named(name, place.file(), place.line());
        Ok(Layer(Kind::RateLimit(RateLimit { site, config, reject: Rejection::from_rejection })))
    }
}

pub(super) struct RateLimit<E> {
    pub site: Site<RateLimiter>,
    config: RateLimiterConfig,
    reject: Reject<E>,
}

impl<E> RateLimit<E> {
    pub async fn call<T, F: Operation<T, E>>(&self, mut inside: Inside<'_, T, E, F>) -> Result<T, E> {
        let permit = match enter(self.site.instance(&self.config)).await {
            Ok(permit) => permit,
            Err(rejection) => return Err(inside.rejected(self.reject, rejection)),
        };
        let out = inside.call().await;
        drop(permit);
        out
    }

    pub fn call_blocking<T>(&self, mut inside: Inside<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        let permit = enter_blocking(self.site.instance(&self.config));
        let _permit = permit.map_err(|rejection| inside.rejected(self.reject, rejection))?;
        inside.call_blocking()
    }
}
