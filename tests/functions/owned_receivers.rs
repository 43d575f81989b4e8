//! A `self` that is passed by value and consumed by every attempt.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

/// Fails twice, and is changed and consumed by each attempt.
#[derive(Debug, Clone)]
struct Letter {
    flaky: Arc<Flaky>,
    text: String,
}

impl Letter {
    fn new() -> Self {
        Self { flaky: Arc::new(Flaky::failing(2)), text: "dear".into() }
    }

    fn sent(text: String, flaky: &Flaky) -> Result<String, Fault> {
        flaky.call().map(|call| text + &call.to_string())
    }

    fn into_text(mut self) -> String {
        self.text.push('!');
        self.text
    }

    #[retry(max = 3, backoff = "none")]
    fn by_value(self) -> Result<String, Fault> {
        Self::sent(self.text, &self.flaky)
    }

    #[retry(max = 3, backoff = "none")]
    fn by_mutable_value(mut self) -> Result<String, Fault> {
        self.text.push('?');
        Self::sent(self.text, &self.flaky)
    }

    #[retry(max = 3, backoff = "none")]
    fn by_pattern(self) -> Result<String, Fault> {
        let Self { flaky, text } = self;
        Self::sent(text, &flaky)
    }

    #[retry(max = 3, backoff = "none")]
    fn by_match(self) -> Result<String, Fault> {
        match self {
            Self { flaky, text } => Self::sent(text, &flaky),
        }
    }

    #[retry(max = 3, backoff = "none")]
    fn by_method(self) -> Result<String, Fault> {
        let flaky = Arc::clone(&self.flaky);
        Self::sent(self.into_text(), &flaky)
    }

    #[retry(max = 3, backoff = "none")]
    fn by_closure(self) -> Result<String, Fault> {
        let send = move || Self::sent(self.text, &self.flaky);
        send()
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_value_later(self) -> Result<String, Fault> {
        yield_now().await;
        Self::sent(self.text, &self.flaky)
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_mutable_value_later(mut self) -> Result<String, Fault> {
        self.text.push('?');
        yield_now().await;
        Self::sent(self.text, &self.flaky)
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_block_later(self) -> Result<String, Fault> {
        async move {
            yield_now().await;
            Self::sent(self.text, &self.flaky)
        }
        .await
    }

    #[retry(max = 3, backoff = "none")]
    fn by_arc(self: Arc<Self>) -> Result<String, Fault> {
        let flaky = Arc::clone(&self.flaky);
        Self::sent(Self::clone(&self).into_text(), &flaky).inspect(|_| drop(self))
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_arc_later(self: Arc<Self>) -> Result<String, Fault> {
        let letter = self;
        yield_now().await;
        Self::sent(letter.text.clone(), &letter.flaky)
    }

    #[retry(max = 3, backoff = "none")]
    fn by_rc(self: Rc<Self>) -> Result<String, Fault> {
        let letter = Rc::unwrap_or_clone(self);
        Self::sent(letter.text, &letter.flaky)
    }

    #[allow(clippy::boxed_local, reason = "the receiver is what is tested")]
    #[retry(max = 3, backoff = "none")]
    fn by_box(self: Box<Self>) -> Result<String, Fault> {
        let letter = *self;
        Self::sent(letter.text, &letter.flaky)
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_box_later(self: Box<Self>) -> Result<String, Fault> {
        yield_now().await;
        Self::sent(self.text, &self.flaky)
    }

    #[retry(max = 3, backoff = "none")]
    fn by_pinned_box(self: Pin<Box<Self>>) -> Result<String, Fault> {
        let letter = *Pin::into_inner(self);
        Self::sent(letter.text, &letter.flaky)
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_pinned_box_later(self: Pin<Box<Self>>) -> Result<String, Fault> {
        let letter = *Pin::into_inner(self);
        yield_now().await;
        Self::sent(letter.text, &letter.flaky)
    }

    #[fallback(self.kept)]
    #[retry(max = 1, backoff = "none")]
    fn before_a_fallback(self) -> Result<String, Fault> {
        Self::sent(self.text, &self.flaky)
    }

    #[fallback(Self::into_kept)]
    #[retry(max = 1, backoff = "none")]
    async fn before_a_consuming_fallback(letter: Self) -> Result<String, Fault> {
        yield_now().await;
        Self::sent(letter.text, &letter.flaky)
    }

    #[allow(clippy::unnecessary_wraps, reason = "a fallback returns what the function returns")]
    fn kept(&self) -> Result<String, Fault> {
        Ok(format!("kept {}", self.text))
    }

    #[allow(clippy::unnecessary_wraps, reason = "a fallback returns what the function returns")]
    fn into_kept(self) -> Result<String, Fault> {
        Ok(format!("kept {}", self.text))
    }

    #[cached(key = (self.text.clone(), "box"))]
    #[fallback(self.kept)]
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 9)]
    async fn in_a_stack(self: Box<Self>) -> Result<String, Fault> {
        yield_now().await;
        Self::sent(self.text, &self.flaky)
    }

    #[cached(key = (self.text.clone(), "value"))]
    #[retry(max = 3, backoff = "none", when = self.is_open)]
    fn in_a_cache(self) -> Result<String, Fault> {
        Self::sent(self.text, &self.flaky)
    }

    fn is_open(&self, _: &Fault) -> bool {
        self.text.starts_with("dear")
    }
}

trait Deliver: Sized + Clone {
    fn deliver(self) -> Result<String, Fault>;

    async fn deliver_later(self) -> Result<String, Fault>;

    #[retry(max = 3, backoff = "none")]
    fn deliver_by_default(self) -> Result<String, Fault> {
        self.deliver_once()
    }

    fn deliver_once(self) -> Result<String, Fault>;
}

impl Deliver for Letter {
    #[retry(max = 3, backoff = "none")]
    fn deliver(self) -> Result<String, Fault> {
        self.deliver_once()
    }

    #[retry(max = 3, backoff = "none")]
    async fn deliver_later(self) -> Result<String, Fault> {
        yield_now().await;
        self.deliver_once()
    }

    fn deliver_once(self) -> Result<String, Fault> {
        Self::sent(self.text, &self.flaky)
    }
}

#[derive(Debug, Clone)]
struct Sealed<T>(T, Arc<Flaky>);

impl<T: Clone + Send + Sync> Sealed<T> {
    #[retry(max = 3, backoff = "none")]
    fn open(self) -> Result<T, Fault> {
        self.1.call().map(|_| self.0)
    }

    #[retry(max = 3, backoff = "none")]
    async fn open_later(self: Arc<Self>) -> Result<Arc<Self>, Fault> {
        yield_now().await;
        self.1.call()?;
        Ok(self)
    }
}

#[tokio::test]
async fn an_owned_receiver_that_is_clone_is_cloned_for_each_attempt_like_any_argument() {
    let letter = Letter::new;
    assert_eq!(letter().by_value().unwrap(), "dear3");
    assert_eq!(letter().by_mutable_value().unwrap(), "dear?3", "no attempt sees what another has changed");
    assert_eq!(letter().by_pattern().unwrap(), "dear3");
    assert_eq!(letter().by_match().unwrap(), "dear3");
    assert_eq!(letter().by_method().unwrap(), "dear!3");
    assert_eq!(letter().by_closure().unwrap(), "dear3");
    assert_eq!(send(letter().by_value_later()).await.unwrap(), "dear3");
    assert_eq!(send(letter().by_mutable_value_later()).await.unwrap(), "dear?3");
    assert_eq!(send(letter().by_block_later()).await.unwrap(), "dear3");
    assert_eq!(Arc::new(letter()).by_arc().unwrap(), "dear!3");
    assert_eq!(send(Arc::new(letter()).by_arc_later()).await.unwrap(), "dear3");
    assert_eq!(Rc::new(letter()).by_rc().unwrap(), "dear3");
    assert_eq!(Box::new(letter()).by_box().unwrap(), "dear3");
    assert_eq!(send(Box::new(letter()).by_box_later()).await.unwrap(), "dear3");
    assert_eq!(Box::pin(letter()).by_pinned_box().unwrap(), "dear3");
    assert_eq!(send(Box::pin(letter()).by_pinned_box_later()).await.unwrap(), "dear3");
}

#[tokio::test]
async fn an_owned_receiver_is_consumed_in_stacks_traits_and_generics() {
    let letter = Letter::new;
    assert_eq!(letter().before_a_fallback().unwrap(), "kept dear");
    assert_eq!(send(Letter::before_a_consuming_fallback(letter())).await.unwrap(), "kept dear");
    assert_eq!(send(Box::new(letter()).in_a_stack()).await.unwrap(), "dear3");
    assert_eq!(send(Box::new(letter()).in_a_stack()).await.unwrap(), "dear3", "cached");
    assert_eq!(letter().in_a_cache().unwrap(), "dear3");
    assert_eq!(letter().deliver().unwrap(), "dear3");
    assert_eq!(letter().deliver_later().await.unwrap(), "dear3");
    assert_eq!(letter().deliver_by_default().unwrap(), "dear3");
    let sealed = || Sealed("secret".to_owned(), Arc::new(Flaky::failing(2)));
    assert_eq!(sealed().open().unwrap(), "secret");
    assert_eq!(send(Arc::new(sealed()).open_later()).await.unwrap().0, "secret");
}

/// Not `Clone`.
struct Parcel {
    flaky: Flaky,
    weight: u32,
    label: String,
}

impl Parcel {
    #[retry(max = 3, backoff = "none")]
    fn send(self) -> Result<(u32, u32, usize), Fault> {
        let weight = self.weight;
        Ok((self.flaky.call()?, weight, self.label.len()))
    }

    #[retry(max = 3, backoff = "none")]
    async fn send_later(self: Box<Self>) -> Result<(u32, u32, usize), Fault> {
        yield_now().await;
        let call = self.flaky.call()?;
        Ok((call, self.weight, self.label.len()))
    }
}

#[tokio::test]
async fn an_owned_receiver_that_is_not_clone_is_lent_to_bodies_that_copy_and_borrow() {
    let parcel = || Parcel { flaky: Flaky::failing(2), weight: 7, label: "tea".into() };
    assert_eq!(parcel().send().unwrap(), (3, 7, 3));
    assert_eq!(send(Box::new(parcel()).send_later()).await.unwrap(), (3, 7, 3));
}

/// Not `Clone` either.
enum Freight {
    Parcel(Parcel),
    Bulk { weight: u32, flaky: Flaky },
    Nothing,
}

impl Freight {
    #[retry(max = 3, backoff = "none")]
    fn has_content(self) -> Result<bool, Fault> {
        match self {
            Self::Nothing => Ok(false),
            Self::Parcel(_) | Self::Bulk { .. } => Ok(true),
        }
    }

    #[retry(max = 3, backoff = "none")]
    fn weigh(self) -> Result<u32, Fault> {
        match &self {
            Self::Parcel(parcel) => parcel.flaky.call().map(|call| parcel.weight + call),
            Self::Bulk { weight, flaky } => Ok(flaky.call()? + *weight),
            Self::Nothing => Ok(0),
        }
    }

    #[retry(max = 3, backoff = "none")]
    async fn weigh_later(mut self: Box<Self>) -> Result<u32, Fault> {
        yield_now().await;
        if let Self::Bulk { weight, flaky } = &mut *self {
            *weight += 10;
            return Ok(flaky.call()? + *weight);
        }
        let Self::Parcel(parcel) = &*self else { return Ok(0) };
        Ok(parcel.flaky.call()? + parcel.weight)
    }

    #[fallback(self.nothing)]
    #[retry(max = 1, backoff = "none")]
    #[expect(clippy::boxed_local, reason = "the receiver is what is tested")]
    fn weigh_or_nothing(self: Box<Self>) -> Result<u32, Fault> {
        match &*self {
            Self::Parcel(parcel) => parcel.flaky.call(),
            Self::Bulk { .. } | Self::Nothing => Ok(1),
        }
    }

    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "a fallback returns what the function returns")]
    const fn nothing(&self) -> Result<u32, Fault> {
        Ok(0)
    }
}

#[tokio::test]
async fn an_owned_enum_that_is_not_clone_is_lent_to_bodies_that_match_on_a_reference() {
    let parcel = || Freight::Parcel(Parcel { flaky: Flaky::failing(2), weight: 7, label: "tea".into() });
    let bulk = || Freight::Bulk { weight: 20, flaky: Flaky::failing(2) };
    let anything = [parcel(), bulk(), Freight::Nothing].map(|freight| freight.has_content().unwrap());
    assert_eq!(anything, [true, true, false]);
    let weights = [parcel(), bulk(), Freight::Nothing].map(|freight| freight.weigh().unwrap());
    assert_eq!(weights, [10, 23, 0]);
    assert_eq!(send(Box::new(parcel()).weigh_later()).await.unwrap(), 10);
    assert_eq!(send(Box::new(bulk()).weigh_later()).await.unwrap(), 53, "all attempts have the same value");
    assert_eq!(Box::new(parcel()).weigh_or_nothing(), Ok(0));
}

/// How often attempts that took it apart have dropped what they took.
#[derive(Debug, Clone)]
struct Seat(Arc<Flaky>, Arc<std::sync::atomic::AtomicU32>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

#[derive(Debug, Clone)]
enum Ticket {
    Reserved(Seat),
    Standing,
}

impl Ticket {
    #[retry(max = 3, backoff = "none")]
    fn enter(self) -> Result<(u32, u32), Fault> {
        let Self::Reserved(seat) = self else { return Ok((0, 0)) };
        let (flaky, dropped) = (Arc::clone(&seat.0), Arc::clone(&seat.1));
        drop(seat);
        Ok((flaky.call()?, dropped.load(std::sync::atomic::Ordering::Relaxed)))
    }

    #[retry(max = 3, backoff = "none")]
    async fn enter_later(self) -> Result<(u32, u32), Fault> {
        yield_now().await;
        if let Self::Reserved(seat) = self {
            let (flaky, dropped) = (Arc::clone(&seat.0), Arc::clone(&seat.1));
            drop(seat);
            return Ok((flaky.call()?, dropped.load(std::sync::atomic::Ordering::Relaxed)));
        }
        Ok((0, 0))
    }
}

#[tokio::test]
async fn a_part_that_a_pattern_takes_out_of_an_owned_receiver_is_the_attempts_own() {
    let seat = || Ticket::Reserved(Seat(Arc::new(Flaky::failing(2)), Arc::default()));
    assert_eq!(seat().enter().unwrap(), (3, 3), "each attempt has dropped its seat");
    assert_eq!(send(seat().enter_later()).await.unwrap(), (3, 3));
    assert_eq!(Ticket::Standing.enter().unwrap(), (0, 0));
}

#[retry(max = 3, backoff = "none")]
fn bound_by_the_trait_that_messages_name<R: resilience::bounds::Rejection>(fail: fn() -> R) -> Result<u32, R> {
    Err(fail())
}

#[timeout(secs = 1)]
async fn bound_by_it_later<R: resilience::bounds::Rejection + Send>(fail: fn() -> R) -> Result<u32, R> {
    yield_now().await;
    Err(fail())
}

#[cached(key = id)]
fn kept_by_the_bound<T: resilience::bounds::Cacheable>(id: u32, make: fn(u32) -> T) -> Option<T> {
    Some(make(id))
}

#[tokio::test]
async fn the_bounds_that_the_compiler_recommends_are_enough() {
    assert_eq!(bound_by_the_trait_that_messages_name(|| Fault::Down), Err(Fault::Down));
    assert_eq!(send(bound_by_it_later(|| Fault::Down)).await, Err(Fault::Down));
    assert_eq!(kept_by_the_bound(3, |id| id + 1), Some(4));
}
