use std::borrow::Cow;
use std::panic::Location;
use std::time::Duration;

use super::invalid::Draft;
use super::{Blocking, Inside, InvalidPolicy, Kind, Layer, Operation, Reject};
use crate::bulkhead::{self, BulkheadConfig};
use crate::error::Error;
use crate::gate::{enter, enter_blocking};
use crate::instance::site::Site;
use crate::outcome::Rejection;

/// Lets so many calls run at the same time, as `#[bulkhead]` does: in the bulkhead of this name,
/// which all policies and attributes share that say it, and [`Bulkhead::named`](crate::Bulkhead::named) finds. It exists from
/// the first call on.
///
/// A call that is dropped leaves its place, inside or in the queue, to the next.
#[track_caller]
pub fn bulkhead(name: impl Into<Cow<'static, str>>) -> BulkheadBuilder {
    let draft = Draft::new(BulkheadConfig::DEFAULT);
    BulkheadBuilder { draft, name: name.into(), place: Location::caller(), max_given: false }
}

/// A bulkhead in the making, from [`bulkhead`].
#[derive(Debug)]
#[must_use = "there is no layer before `build()`"]
pub struct BulkheadBuilder {
    draft: Draft<BulkheadConfig>,
    name: Cow<'static, str>,
    place: &'static Location<'static>,
    max_given: bool,
}

impl BulkheadBuilder {
    /// How many calls may run at the same time; at least 1. There is no default.
    pub fn max(mut self, calls: u32) -> Self {
        self.max_given = true;
        self.draft.set(|config| config.try_max(calls));
        self
    }

    /// How many more may wait for a place, first come first served. Default: none.
    pub fn queue(mut self, calls: u32) -> Self {
        self.draft.set(|config| Ok(config.queue(calls)));
        self
    }

    /// The longest wait for a place; longer than zero, and only with a `queue`. Default: as long as a deadline around it
    /// allows.
    pub fn wait(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_wait(time));
        self
    }

    /// The layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with everything that is wrong: no `max`, a value of zero, a `wait` without a `queue`, an empty name.
    pub fn build<T, E: From<Error>>(self) -> Result<Layer<T, E>, InvalidPolicy> {
        let Self { mut draft, name, place, max_given } = self;
        draft.wrong_if(!max_given, "`max` is missing: how many calls may run at the same time; add `.max(10)`");
        draft.set(BulkheadConfig::try_checked);
        let name = draft.name(name);
        let config = draft.finish("bulkhead")?;
        let site = Site::named(name, place.file(), place.line());
        Ok(Layer(Kind::Bulkhead(Bulkhead { site, config, reject: Rejection::from_rejection })))
    }
}

pub(super) struct Bulkhead<E> {
    pub site: Site<bulkhead::Bulkhead>,
    config: BulkheadConfig,
    reject: Reject<E>,
}

impl<E> Bulkhead<E> {
    pub async fn call<T, F: Operation<T, E>>(&self, mut inside: Inside<'_, T, E, F>) -> Result<T, E> {
        let place = match enter(self.site.instance(&self.config)).await {
            Ok(place) => place,
            Err(rejection) => return Err(inside.rejected(self.reject, rejection)),
        };
        let out = inside.call().await;
        drop(place);
        out
    }

    pub fn call_blocking<T>(&self, mut inside: Inside<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        let place = enter_blocking(self.site.instance(&self.config));
        let _place = place.map_err(|rejection| inside.rejected(self.reject, rejection))?;
        inside.call_blocking()
    }
}
