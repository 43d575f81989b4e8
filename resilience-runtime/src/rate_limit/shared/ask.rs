//! A call that needs an answer of the store.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::link::{SharedLink, WindowSizes};
use super::memory::{Recalled, SharedMemory, SharedRequest};
use super::permit::SharedPermit;
use super::waiting::{FlightEnd, JoinEnd, JoinedCall, Woken};
use super::{RateLimiterConfig, SharedLimit};
use crate::error::Error;
use crate::metrics::{GaugeGuard, OfLimiter, OfSharedLimit};
use crate::rate_limit::RateLimiter;
use crate::rate_limit::permit::patience;
use crate::store::{Charge, Charged, StoreError, ask};
use crate::time;

/// Units in advance, as far as several calls have to do with them.
#[derive(Clone, Copy)]
struct SharedLease<'a> {
    link: &'a SharedLink,
    sizes: WindowSizes,
    most: u64,
}

impl SharedLease<'_> {
    /// Tells calls that their wait has ended. The units of those that have gone are for the next ones, and what is
    /// more than one lease goes back.
    fn tell(self, woken: Vec<Woken>) {
        let mut woken = woken;
        while !woken.is_empty() {
            let epoch = woken.iter().find_map(|woken| match woken.end {
                JoinEnd::Passed { epoch } => Some(epoch),
                _ => None,
            });
            let lost: u64 = woken.into_iter().map(Woken::tell).sum();
            woken = match epoch {
                Some(epoch) if lost > 0 => self.link.with_memory(|memory| memory.pass_on(lost, epoch, time::now())),
                _ => Vec::new(),
            };
        }
        let units = self.link.with_memory(|memory| memory.trim(self.most));
        self.link.settle(self.sizes, i64::try_from(units).map_or(i64::MIN, |units| -units));
    }
}

/// A request for units in advance, for which other calls wait.
struct LeadingFlight<'a> {
    lease: SharedLease<'a>,
    spare: u64,
    end: FlightEnd,
}

/// A call that is dropped leaves the request to another one.
impl Drop for LeadingFlight<'_> {
    fn drop(&mut self) {
        let land = |memory: &mut SharedMemory| memory.land(self.spare, self.end, time::now());
        self.lease.tell(self.lease.link.with_memory(land));
    }
}

/// A call that waits for a request of another one. Dropping it gives back what has arrived for it.
struct JoinedFlight<'a> {
    lease: SharedLease<'a>,
    cost: u64,
    waiting: JoinedCall,
    has_ended: bool,
}

impl JoinedFlight<'_> {
    /// Returns `None` if the call that has asked is not polled.
    async fn end(mut self, limit: Duration) -> Option<JoinEnd> {
        let end = tokio::time::timeout(limit, &mut self.waiting.end).await.ok()?.ok()?;
        self.has_ended = true;
        Some(end)
    }
}

impl Drop for JoinedFlight<'_> {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let link = self.lease.link;
        link.with_memory(|memory| memory.leave(self.waiting.number));
        self.waiting.end.close();
        if let Ok(JoinEnd::Passed { epoch }) = self.waiting.end.try_recv() {
            self.lease.tell(link.with_memory(|memory| memory.pass_on(self.cost, epoch, time::now())));
        }
    }
}

/// Units that are taken before the turn of the call has come. Dropping it gives them back.
struct SharedTurn<'a> {
    limiter: &'a RateLimiter,
    sizes: WindowSizes,
    cost: u64,
    epoch: u64,
    is_pending: bool,
    shown: GaugeGuard,
}

impl SharedTurn<'_> {
    fn arrived(mut self) {
        self.is_pending = false;
        self.shown.end();
    }
}

impl Drop for SharedTurn<'_> {
    fn drop(&mut self) {
        let link = &self.limiter.shared;
        link.waiting.fetch_sub(1, Ordering::Relaxed);
        if self.is_pending {
            let units = link.with_memory(|memory| memory.keep(self.cost, 0, self.epoch));
            link.settle(self.sizes, i64::try_from(units).map_or(i64::MIN, |units| -units));
        }
    }
}

impl<'a, 'r> SharedLimit<'a, 'r> {
    pub(super) async fn ask(&self, config: RateLimiterConfig) -> Result<SharedPermit<'a, 'r>, Error> {
        let limiter = self.limiter;
        let link = &limiter.shared;
        let latest = time::now().after(patience(&config));
        let lease = SharedLease { link, sizes: WindowSizes::of(&config), most: config.lease.unwrap_or(0).into() };
        let mut is_alone = false;
        loop {
            let now = time::now();
            let request = SharedRequest { is_alone, ..self.request(&config, latest.since(now)) };
            let (recalled, epoch) = link.with_memory(|memory| (memory.recall(&request, now), memory.epoch()));
            let lead = match recalled {
                Recalled::Passed => {
                    self.decided(OfSharedLimit::Lease);
                    return Ok(self.passed(&config, epoch, OfLimiter::Passed));
                }
                Recalled::Rejected(rejected) => {
                    self.decided(OfSharedLimit::Memory);
                    return Err(self.reject(&config, rejected.left));
                }
                Recalled::Join(waiting) => {
                    let flight = JoinedFlight { lease, cost: self.cost, waiting, has_ended: false };
                    match flight.end(self.store.engine().limit()).await {
                        Some(JoinEnd::Passed { epoch }) => {
                            self.decided(OfSharedLimit::Lease);
                            return Ok(self.passed(&config, epoch, OfLimiter::Passed));
                        }
                        Some(JoinEnd::Failed) => return self.outage(&config).await,
                        Some(JoinEnd::TooFew) => {}
                        Some(JoinEnd::NoneLeft) | None => is_alone = true,
                    }
                    continue;
                }
                Recalled::Lead(spare) => Some(LeadingFlight { lease, spare, end: FlightEnd::Dropped }),
                Recalled::Ask => None,
            };
            let answer = self.charge(&config, &request, lead.is_some()).await;
            let end = match &answer {
                Ok(Charged::Passed { units, .. }) if *units > self.cost => FlightEnd::Leased,
                Ok(_) => FlightEnd::NoneLeft,
                Err(_) => FlightEnd::Failed,
            };
            let now = time::now();
            let wait = match answer {
                Ok(Charged::Passed { units, wait }) => {
                    link.with_memory(|memory| memory.passed(units.saturating_sub(self.cost), epoch));
                    Ok(wait)
                }
                Ok(Charged::Rejected { wait }) => {
                    link.with_memory(|memory| memory.rejected(self.cost, now.after(wait), epoch));
                    Err(Some(wait))
                }
                Err(_) => Err(None),
            };
            if let Some(mut lead) = lead {
                lead.end = end;
            }
            match wait {
                Ok(wait) if wait.is_zero() => {
                    self.decided(OfSharedLimit::Store);
                    return Ok(self.passed(&config, epoch, OfLimiter::Passed));
                }
                Ok(wait) => {
                    if self.wait_for_turn(&config, wait, epoch).await? {
                        self.decided(OfSharedLimit::Store);
                        return Ok(self.passed(&config, epoch, OfLimiter::Waited));
                    }
                    // What was taken is void, so the call asks again, as far as it still has time.
                    is_alone = true;
                }
                Err(Some(left)) => {
                    self.decided(OfSharedLimit::Store);
                    return Err(self.reject(&config, left));
                }
                Err(None) => return self.outage(&config).await,
            }
        }
    }

    async fn charge(
        &self,
        config: &RateLimiterConfig,
        request: &SharedRequest,
        leads: bool,
    ) -> Result<Charged, StoreError> {
        let link = &self.limiter.shared;
        if !link.is_shareable() {
            return Err(StoreError::Refused("the key cannot be serialised".to_owned()));
        }
        let sizes = WindowSizes::of(config);
        if leads {
            link.remember_sizes(sizes);
        }
        let windows = [sizes.window(link.key(&self.limiter.name))];
        let lease = if leads { request.lease } else { 0 };
        let charge = Charge { windows: &windows, units: self.cost, patience: request.patience, lease };
        let store = link.bind(&self.limiter.name, self.store);
        ask(store, |store| store.charge(&charge)).await
    }

    /// Returns whether the turn has come. A hint of the server, or a reset, makes it void.
    ///
    /// # Errors
    ///
    /// If the shutdown ends the wait.
    async fn wait_for_turn(&self, config: &RateLimiterConfig, wait: Duration, epoch: u64) -> Result<bool, Error> {
        let limiter = self.limiter;
        let link = &limiter.shared;
        let shown = limiter.meter.gauge(&limiter.name, OfLimiter::Waiting);
        link.waiting.fetch_add(1, Ordering::Relaxed);
        let sizes = WindowSizes::of(config);
        let turn = SharedTurn { limiter, sizes, cost: self.cost, epoch, is_pending: true, shown };
        if limiter.wait_for(wait).await {
            return Err(limiter.shutting_down());
        }
        let is_valid = link.with_memory(|memory| memory.epoch() == epoch);
        turn.arrived();
        Ok(is_valid)
    }

    async fn outage(&self, config: &RateLimiterConfig) -> Result<SharedPermit<'a, 'r>, Error> {
        self.decided(OfSharedLimit::Process);
        if let Some(permit) = self.without_answer(config)? {
            return Ok(permit);
        }
        let call = self.limiter.enter_refundable(self.local_cost(config)).await?;
        Ok(self.passed_by_itself(config, call))
    }
}
