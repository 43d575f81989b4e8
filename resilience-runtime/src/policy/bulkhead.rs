use std::borrow::Cow;
use std::panic::Location;
use std::time::Duration;

use resilience_options::bulkhead::OPTIONS;

use super::error_traits::ErrorTraits;
use super::gate::{GateLayer, GateSite, Settle};
use super::invalid::Draft;
use super::shared::LayerSharing;
use super::{InvalidPolicy, Layer, LayerKind};
use crate::bulkhead::{Bulkhead, BulkheadConfig};
use crate::error::Error;
use crate::gate::{Gate, Rejection, leave};
use crate::registry::FunctionRef;

/// Limits concurrent calls, as `#[bulkhead]` does.
///
/// All policies and attributes with this name share one bulkhead. It exists from the first call on,
/// and [`Bulkhead::named`](crate::Bulkhead::named) finds it.
///
/// A call that is dropped frees its place, in the bulkhead or in the queue.
///
/// ```
/// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
/// use resilience::{Error, Policy, policy};
///
/// let query: Policy<u32, Error> = Policy::new() >> policy::bulkhead("orders").max(1).build()?;
///
/// let rejected = query.call_blocking(|| {
///     // This call holds the only permit.
///     query.call_blocking(|| unreachable!("the bulkhead is full"))
/// });
/// assert_eq!(rejected, Err(Error::BulkheadFull { name: "orders".into() }));
/// # Ok(()) }
/// ```
#[track_caller]
pub fn bulkhead(name: impl Into<Cow<'static, str>>) -> BulkheadBuilder {
    let draft = Draft::new(BulkheadConfig::DEFAULT);
    BulkheadBuilder { draft, name: name.into(), place: Location::caller(), shared: LayerSharing::NONE }
}

/// Builds a bulkhead layer. Created by [`bulkhead`].
#[derive(Debug)]
#[must_use = "there is no layer before `build()`"]
pub struct BulkheadBuilder {
    pub(super) draft: Draft<BulkheadConfig>,
    name: Cow<'static, str>,
    place: &'static Location<'static>,
    pub(super) shared: LayerSharing,
}

#[cfg_attr(not(feature = "store"), allow(dead_code, reason = "with the feature `store` it is used"))]
pub(super) struct LeaveBulkhead {
    pub(super) shared: LayerSharing,
}

impl<T, E> Settle<Bulkhead, T, E> for LeaveBulkhead {
    fn settle(&self, permit: <Bulkhead as Gate>::Permit<'_>, _: &Result<T, E>, _: &ErrorTraits<E>, _: FunctionRef) {
        leave(permit);
    }
}

impl BulkheadBuilder {
    option_setters! {
        OPTIONS, bulkhead_docs;
        max(calls: u32) => BulkheadConfig::try_max;
        queue(calls: u32) => BulkheadConfig::try_queue;
        wait(time: Duration) => BulkheadConfig::try_wait;
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake: no `max`, a value of zero, a `wait` without a
    /// `queue`, an empty name.
    pub fn build<T, E: From<Error>>(self) -> Result<Layer<T, E>, InvalidPolicy> {
        self.into_layer(false)
    }

    pub(super) fn limit_keys(&mut self, keys: u32) {
        self.draft.set_option(OPTIONS.max_keys.key, |config| config.try_max_keys(keys));
    }

    pub(super) fn into_layer<T, E: From<Error>>(self, is_keyed: bool) -> Result<Layer<T, E>, InvalidPolicy> {
        let Self { mut draft, name, place, shared } = self;
        draft.problem_if(
            !draft.has(OPTIONS.max.key),
            "`max` is missing: a bulkhead has no default limit on concurrent calls; add `.max(10)`",
        );
        shared.check_bulkhead(&mut draft, is_keyed);
        draft.set(BulkheadConfig::try_checked);
        draft.name(&name);
        let config = draft.finish("bulkhead")?;
        let site = GateSite::new(name, place, &config, is_keyed);
        let reject = Rejection::from_rejection;
        Ok(Layer(LayerKind::Bulkhead(GateLayer {
            site,
            config,
            reject,
            settle: LeaveBulkhead { shared },
            function: FunctionRef::UNNAMED,
        })))
    }
}
