//! Methods of traits, default bodies, blanket implementations.

use std::fmt::Debug;

use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

trait Fetch {
    type Id: Clone + Debug + Send + Sync;
    type Failure;

    fn flaky(&self) -> &Flaky;

    fn fetch(&self, url: &str) -> impl Future<Output = Result<String, Fault>> + Send;

    #[allow(async_fn_in_trait, reason = "the default body is what is tested")]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 1)]
    async fn default_body(&self, label: String) -> Result<String, Fault> {
        yield_now().await;
        let call = self.flaky().call()?;
        Ok(format!("{label}{call}"))
    }

    #[retry(max = 3, backoff = "none")]
    fn generic_default<K: Into<Self::Id> + Clone>(&self, key: K) -> Result<(Self::Id, u32), Self::Failure>
    where
        Self: Sized,
    {
        let call = self.load()?;
        Ok((key.into(), call))
    }

    fn load(&self) -> Result<u32, Self::Failure>;

    #[allow(async_fn_in_trait, reason = "async functions in traits are what is tested")]
    async fn update(&mut self, by: u32) -> Result<u32, Fault>;
}

#[derive(Debug)]
struct Remote {
    flaky: Flaky,
    sum: u32,
}

impl Fetch for Remote {
    type Id = String;
    type Failure = Fault;

    fn flaky(&self) -> &Flaky {
        &self.flaky
    }

    #[retry(max = 3, backoff = "none")]
    async fn fetch(&self, url: &str) -> Result<String, Fault> {
        yield_now().await;
        self.flaky.call()?;
        Ok(url.to_owned())
    }

    #[circuit_breaker(failure_threshold = 100)]
    fn load(&self) -> Result<u32, Fault> {
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    async fn update(&mut self, by: u32) -> Result<u32, Fault> {
        self.sum += by;
        yield_now().await;
        self.flaky.call()?;
        Ok(self.sum)
    }
}

/// BUG-H19, BUG-H25.
#[tokio::test(start_paused = true)]
async fn attributes_work_on_trait_methods_and_default_bodies() {
    let mut remote = Remote { flaky: Flaky::failing(2), sum: 0 };
    assert_eq!(remote.fetch("u").await.unwrap(), "u");
    assert_eq!(remote.flaky.calls(), 3);
    remote.flaky = Flaky::failing(2);
    assert_eq!(send(remote.default_body("d".into())).await.unwrap(), "d3");
    remote.flaky = Flaky::failing(2);
    assert_eq!(remote.generic_default("k"), Ok(("k".to_owned(), 3)));
    remote.flaky = Flaky::failing(2);
    assert_eq!(send(remote.update(5)).await.unwrap(), 15);
}

trait Source<T> {
    fn next(&mut self) -> Option<T>;
}

impl<T: Clone, const N: usize> Source<T> for ([T; N], Flaky) {
    #[retry(max = 3, backoff = "none")]
    fn next(&mut self) -> Option<T> {
        self.1.call().ok()?;
        self.0.first().cloned()
    }
}

impl<S: Source<T> + ?Sized, T> Source<T> for Box<S> {
    #[retry(max = 1, backoff = "none", nested = true)]
    fn next(&mut self) -> Option<T> {
        (**self).next()
    }
}

/// BUG-H25.
#[test]
fn generic_and_blanket_implementations_work_behind_a_trait_object() {
    let mut source: Box<dyn Source<u8>> = Box::new(([7, 8], Flaky::failing(3)));
    assert_eq!(source.next(), Some(7));
    assert_eq!(Source::next(&mut Box::new(([7_u8], Flaky::failing(5)))), Some(7), "4 and then 2 of 4 attempts");
}

struct Pair<T, const N: usize>([T; N]);

impl<T: Clone + Debug + Send + Sync, const N: usize> Pair<T, N> {
    const RETRIES: u32 = 3;

    #[retry(max = Self::RETRIES, backoff = "none")]
    async fn build(flaky: &Flaky, values: [T; N]) -> Result<Self, Fault> {
        yield_now().await;
        flaky.call()?;
        Ok(Self(values))
    }

    #[fallback(Self::spare)]
    fn first(&self, index: usize) -> Result<T, usize> {
        self.0.get(index).cloned().ok_or(index)
    }

    const fn spare(index: usize) -> Result<T, usize> {
        Err(index + N)
    }
}

trait Named {
    #[cached(skip(self))]
    fn name(&self, prefix: &str) -> String {
        format!("{prefix} {}", std::any::type_name::<Self>())
    }
}

impl Named for u8 {}
impl Named for u16 {}

impl<T: Send + Sync, const N: usize> Pair<T, N> {
    #[cached(skip(self))]
    fn kept_name(&self, prefix: &str) -> String {
        format!("{prefix} {} {N} {}", std::any::type_name::<T>(), self.0.len())
    }
}

/// BUG-H25.
#[test]
fn a_method_of_a_generic_type_or_a_trait_is_cached_per_type() {
    assert_eq!((&*0_u8.name("is"), &*0_u16.name("is")), ("is u8", "is u16"));
    assert_eq!(Pair([0_u8]).kept_name("is"), "is u8 1 1");
    assert_eq!(Pair([0_u16]).kept_name("is"), "is u16 1 1");
    assert_eq!(Pair([0_u8; 2]).kept_name("is"), "is u8 2 2");
}

struct Often<const N: u32>(Flaky);

impl<const N: u32> Often<N> {
    #[retry(max = N, backoff = "none")]
    fn ask(&self) -> Result<u32, Fault> {
        self.0.call()
    }

    #[resilience::bulkhead(max = N)]
    async fn together(&self) -> Option<u32> {
        yield_now().await;
        self.0.call().ok()
    }
}

#[tokio::test]
async fn a_const_parameter_of_the_impl_is_a_constant() {
    let four = Often::<4>(Flaky::failing(5));
    assert_eq!((four.ask().is_err(), four.0.calls()), (true, 5));
    let one = Often::<1>(Flaky::failing(2));
    assert_eq!((one.ask().is_err(), one.0.calls()), (true, 2));
    let two = Often::<2>(Flaky::failing(0));
    let (first, second, third) = tokio::join!(two.together(), two.together(), two.together());
    assert_eq!([first.is_some(), second.is_some(), third.is_some()], [true, true, false]);
}

/// BUG-H6, BUG-H8.
#[tokio::test]
async fn generic_parameters_of_the_impl_are_in_scope() {
    let pair = send(Pair::build(&Flaky::failing(3), ["a", "b"])).await.unwrap();
    assert_eq!((pair.first(1), pair.first(5)), (Ok("b"), Err(7)));
}
