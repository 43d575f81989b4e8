//! Rows of `tests/tables/bugs.md` that no other program tests.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

/// BUG-H9, BUG-H22: the temporaries at the end of a body are dropped as early as in the plain function.
///
/// A limit: an annotated body follows the rule of edition 2024 in older editions, too. That rule drops a temporary
/// before the locals and not after them, because the braces around the body are generated.
mod temporaries {
    #![allow(clippy::unnecessary_wraps, reason = "what the attributes get to see")]
    use super::*;

    type Log = RefCell<Vec<&'static str>>;

    struct Noisy<'a>(&'static str, &'a Log);

    impl Noisy<'_> {
        const fn answer(&self) -> Option<usize> {
            Some(self.0.len())
        }
    }

    impl Drop for Noisy<'_> {
        fn drop(&mut self) {
            self.1.borrow_mut().push(self.0);
        }
    }

    macro_rules! twins {
        ($($(#[$meta:meta])* $name:ident;)*) => {
            $(
                $(#[$meta])*
                fn $name(log: &Log) -> Option<usize> {
                    let _first = Noisy("first", log);
                    let _second = Noisy("second", log);
                    if let Some(length) = Noisy("condition", log).answer() {
                        log.borrow_mut().push("block");
                        assert_eq!(length, 9);
                    }
                    Noisy("temporary", log).answer()
                }
            )*
        };
    }

    twins! {
        plain;
        #[circuit_breaker] guarded;
        #[retry] retried;
        #[fallback(value = 1)] #[retry] #[timeout(secs = 1, mode = "cooperative")] stacked;
        #[cached(key = ())] kept;
    }

    macro_rules! asynchronous_twins {
        ($($(#[$meta:meta])* $name:ident;)*) => {
            $(
                $(#[$meta])*
                #[allow(clippy::future_not_send, reason = "the log stays here")]
                async fn $name(log: &Log) -> Option<usize> {
                    let _first = Noisy("first", log);
                    let _second = Noisy("second", log);
                    if let Some(length) = Noisy("condition", log).answer() {
                        log.borrow_mut().push("block");
                        assert_eq!(length, 9);
                    }
                    yield_now().await;
                    Noisy("temporary", log).answer()
                }
            )*
        };
    }

    asynchronous_twins! {
        plain_later;
        #[circuit_breaker] guarded_later;
        #[timeout(secs = 1)] limited_later;
        #[retry] retried_later;
        #[fallback(value = 1)] #[retry] #[circuit_breaker] #[timeout(secs = 1)] stacked_later;
        #[cached(key = ())] kept_later;
    }

    #[tokio::test(start_paused = true)]
    async fn temporaries_are_dropped_when_the_plain_function_drops_them() {
        let expected = ["block", "condition", "temporary", "second", "first"];
        let calls: [fn(&Log) -> Option<usize>; 5] = [plain, guarded, retried, stacked, kept];
        for call in calls {
            let log = Log::default();
            assert_eq!((call(&log), log.into_inner()), (Some(9), expected.to_vec()));
        }
        macro_rules! later {
            ($($name:ident)*) => {$(
                let log = Log::default();
                assert_eq!(($name(&log).await, log.into_inner()), (Some(9), expected.to_vec()), stringify!($name));
            )*};
        }
        later!(plain_later guarded_later limited_later retried_later stacked_later kept_later);
    }
}

/// BUG-H15, BUG-H16: the tokens of a body keep their places for errors, panics and editors.
mod places {
    #![allow(clippy::unnecessary_wraps, reason = "what the attributes get to see")]
    use super::*;

    type Place = (u32, u32);

    const fn of(location: &Location<'_>) -> Place {
        (location.line(), location.column())
    }

    #[track_caller]
    const fn here() -> Place {
        of(Location::caller())
    }

    #[async_trait]
    trait Located {
        async fn shared(&self) -> Option<[Place; 2]>;
        async fn exclusive(&mut self) -> Option<[Place; 2]>;
    }

    #[async_trait]
    impl Located for (Place, u8) {
        #[rustfmt::skip]
        #[retry]
        #[timeout(secs = 1)]
        async fn shared(&self) -> Option<[Place; 2]> { Some([here(), (line!(), column!())]) }

        #[rustfmt::skip]
        #[retry]
        #[timeout(secs = 1)]
        async fn exclusive(&mut self) -> Option<[Place; 2]> { self.0 = here(); Some([self.0, (line!(), column!())]) }
    }

    #[rustfmt::skip]
    const fn plain() -> Option<[Place; 2]> { Some([here(), (line!(), column!())]) }
    const FIRST: u32 = line!();
    #[rustfmt::skip]
    #[fallback(value = [(0, 0); 2])]
    #[retry]
    #[circuit_breaker]
    fn stacked() -> Option<[Place; 2]> { Some([here(), (line!(), column!())]) }
    #[rustfmt::skip]
    #[cached]
    #[retry]
    #[timeout(secs = 1)]
    async fn later() -> Option<[Place; 2]> { Some([here(), (line!(), column!())]) }

    #[tokio::test(start_paused = true)]
    async fn the_tokens_of_a_body_keep_their_line_and_column() {
        let plain = plain().unwrap();
        // From `Some` on, the columns of a function differ by what stands in front.
        let width = plain[1].1 - plain[0].1;
        let [caller, macros] = stacked().unwrap();
        assert_eq!((caller.0, macros.0, macros.1 - caller.1), (FIRST + 5, FIRST + 5, width));
        assert_eq!(caller.1 + 4, plain[0].1, "without `const `, and with two letters more");
        let [caller, macros] = later().await.unwrap();
        assert_eq!((caller.0, macros.0, macros.1 - caller.1), (FIRST + 10, FIRST + 10, width));
        assert_eq!(caller.1, plain[0].1, "with `async ` instead of `const `");

        let mut located = ((0, 0), 0);
        let [caller, macros] = located.shared().await.unwrap();
        assert_eq!((caller.0, macros.1 - caller.1), (macros.0, width));
        let [caller, macros] = located.exclusive().await.unwrap();
        assert_eq!(caller.0, macros.0);
    }

    const BEFORE: u32 = line!();
    #[retry]
    fn panics() -> Option<u8> {
        panic!("here")
    }

    #[test]
    fn a_panic_names_the_line_of_the_body() {
        static PLACE: Mutex<Option<u32>> = Mutex::new(None);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(|info| {
            if info.payload().downcast_ref::<&str>() == Some(&"here") {
                *PLACE.lock().unwrap() = info.location().map(Location::line);
            }
        }));
        assert!(std::panic::catch_unwind(panics).is_err());
        std::panic::set_hook(before);
        assert_eq!(*PLACE.lock().unwrap(), Some(BEFORE + 3));
    }
}

/// BUG-H11: raw names work wherever a name is allowed.
mod raw_names {
    #![allow(clippy::elidable_lifetime_names, reason = "what is tested")]
    use super::*;

    #[derive(Clone)]
    struct r#Type<'r#type>(&'r#type str);

    #[cached(key = (r#type.0, r#for))]
    #[fallback(r#final, |()| Some(r#type.0.len() + 1000))]
    #[retry(max = 2, backoff = "none", when = |()| r#static::r#try())]
    #[timeout(secs = 60)]
    async fn r#loop<'r#fn, const r#MAX: usize>(r#flaky: &Flaky, r#type: r#Type<'r#fn>, mut r#for: u8) -> Option<usize> {
        'r#loop: loop {
            r#for += 1;
            if r#for > 2 {
                break 'r#loop;
            }
        }
        yield_now().await;
        r#flaky.call().ok()?;
        Some(usize::from(r#for) + r#type.0.len() + r#MAX)
    }

    async fn r#final(_: &Flaky, r#type: r#Type<'_>, _: u8) -> Option<usize> {
        yield_now().await;
        (r#type.0 == "spare").then_some(100)
    }

    mod r#static {
        pub const fn r#try() -> bool {
            true
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_raw_name_works_like_any_other_name() {
        assert_eq!(send(r#loop::<10>(&Flaky::failing(2), r#Type("abc"), 0)).await, Some(16));
        assert_eq!(send(r#loop::<10>(&Flaky::failing(3), r#Type("spare"), 0)).await, Some(100));
        assert_eq!(send(r#loop::<10>(&Flaky::failing(3), r#Type("other"), 0)).await, Some(1005));
    }
}

/// BUG-H13: what trybuild does not let through. The other lints are in `ui-tests/fail/lints`.
mod lints {
    #![allow(clippy::unused_self, reason = "nobody calls it")]
    use super::*;

    #[expect(dead_code, reason = "the warning is still given")]
    #[retry]
    #[timeout(secs = 1)]
    async fn never_called() -> Option<u8> {
        None
    }

    struct Client;

    impl Client {
        #[retry]
        #[expect(dead_code, reason = "the warning is still given")]
        fn never_called(&self) -> Option<u8> {
            None
        }
    }

    #[test]
    fn an_unused_function_is_reported() {
        let Client = Client;
    }
}

/// BUG-H18: the code in front of a returned future runs once per attempt, and the future is awaited.
mod returned_futures {
    use super::*;
    use std::pin::Pin;

    type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
    type Log = Arc<Mutex<Vec<&'static str>>>;

    #[retry(max = 2, backoff = "none")]
    #[timeout(secs = 60)]
    fn boxed(log: Log, flaky: &Flaky) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send + '_>> {
        log.lock().unwrap().push("before");
        Box::pin(async move {
            yield_now().await;
            log.lock().unwrap().push("inside");
            flaky.call()
        })
    }

    #[circuit_breaker]
    fn once(log: &Log) -> impl Future<Output = Option<u32>> + Send {
        log.lock().unwrap().push("before");
        async {
            yield_now().await;
            log.lock().unwrap().push("inside");
            Some(1)
        }
    }

    /// An alias hides the future, so the attribute applies to the call that creates it.
    fn made(log: &Log) -> Boxed<'_, Option<u32>> {
        Box::pin(once(log))
    }

    #[tokio::test(start_paused = true)]
    async fn statements_in_front_of_a_returned_future_run_with_it() {
        let log = Log::default();
        assert_eq!(send(boxed(Arc::clone(&log), &Flaky::failing(1))).await, Ok(2));
        assert_eq!(log.lock().unwrap().split_off(0), ["before", "inside", "before", "inside"]);
        assert_eq!(made(&log).await, Some(1));
        assert_eq!(log.lock().unwrap().split_off(0), ["before", "inside"]);
    }
}

/// BUG-H24: a type that only shares its name with one of the standard library is judged by its meaning.
mod look_alikes {
    use super::*;
    use std::result::Result as Either;

    /// A `Result` with one parameter and another order, and an `Option` that is a `Result`.
    type Result<E, T = u32> = Either<T, E>;
    type Option<T> = Either<T, Fault>;
    #[derive(Debug, PartialEq, Eq, Clone)]
    struct String(u32);
    type Vec<T> = std::option::Option<T>;

    #[retry(max = 2, backoff = "none")]
    async fn swapped(flaky: &Flaky) -> Result<Fault> {
        flaky.call()
    }

    #[timeout(secs = 60)]
    #[retry(max = 2, backoff = "none", when = |fault| *fault == Fault::Down)]
    async fn disguised(flaky: &Flaky) -> Option<String> {
        flaky.call().map(String)
    }

    #[cached(key = ())]
    #[retry(max = 2, backoff = "none")]
    async fn kept(flaky: &Flaky) -> Result<Fault, String> {
        flaky.call().map(String)
    }

    #[cached]
    fn plain(number: u32) -> String {
        String(number)
    }

    #[tokio::test(start_paused = true)]
    async fn a_return_type_is_judged_by_its_meaning() {
        assert_eq!(send(swapped(&Flaky::failing(2))).await, Ok(3));
        assert_eq!(send(disguised(&Flaky::failing(2))).await, Ok(String(3)));
        let flaky = Flaky::failing(2);
        assert_eq!((kept(&flaky).await, kept(&flaky).await, flaky.calls()), (Ok(String(3)), Ok(String(3)), 3));
        assert_eq!(plain(1), String(1));
        let _: Vec<u8> = None;
    }
}
