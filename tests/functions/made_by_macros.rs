//! Functions and values that come from a macro.

use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

macro_rules! fetcher {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($arg:ident: $ty:ty) -> $ret:ty, $retries:expr, $secs:literal, $body:block) => {
        $(#[$meta])*
        #[retry(max = $retries, backoff = "none")]
        #[timeout(secs = $secs)]
        $vis async fn $name(flaky: &Flaky, $arg: $ty, own: String) -> $ret {
            assert!(own.is_empty());
            yield_now().await;
            flaky.call()?;
            $body
        }
    };
}

fetcher!(
    /// A doc comment of the caller.
    #[must_use = "it is a number"]
    pub fn by_exclusive(sink: &mut Vec<u32>) -> Result<usize, Fault>,
    1 + 2, 1,
    { sink.push(1); Ok(sink.len()) }
);
fetcher!(fn by_value(list: Vec<u32>) -> Result<Vec<u32>, Fault>, 3, 1, { Ok(list) });
fetcher!(
    #[circuit_breaker(name = "macro", failure_threshold = 100)]
    #[allow(clippy::needless_pass_by_value)]
    fn by_shared(text: &str) -> Result<String, Fault>, 3, 1, { Ok(text.to_owned()) }
);

macro_rules! with_stack {
    ($name:ident, $label:literal, $arg:ident, $other:path, $when:expr, $key:expr, $ttl:expr, $limit:literal, $body:expr) => {
        #[cached(ttl = $ttl, key = $key)]
        #[timeout($limit)]
        #[fallback($other, |_error| Ok($arg), allow(late_fallback))]
        #[retry(max = 2, backoff = "none", when = $when)]
        #[circuit_breaker(name = $label, failure_threshold = 100, allow(late_timeout))]
        async fn $name(flaky: &Flaky, $arg: String) -> Result<String, Fault> {
            yield_now().await;
            flaky.call()?;
            $body
        }
    };
}

fn only_easy(_: &Flaky, text: String) -> Result<String, Fault> {
    if text == "easy" { Ok(text + " spare") } else { Err(Fault::Down) }
}

with_stack!(
    stacked,
    "stacked",
    text,
    self::only_easy,
    |error| *error == Fault::Down,
    (text.trim(), 1),
    60,
    "10s",
    Ok(text + "!")
);

macro_rules! block_body {
    ($name:ident $body:block) => {
        #[retry(max = 2, backoff = "none")]
        fn $name() -> Option<u32> $body
    };
}

block_body!(whole_body { Some(2) });

macro_rules! method {
    ($($name:ident($self:ident, $arg:ident: $ty:ty) $body:block)*) => {
        struct Made {
            flaky: Flaky,
            sum: u32,
        }
        impl Made {
            $(
                #[retry(max = 2, backoff = "none")]
                async fn $name(&mut $self, $arg: $ty) -> Result<u32, Fault> $body

                #[allow(dead_code)]
                #[fallback(Self::zero)]
                fn first(&$self) -> Result<u32, Fault> {
                    $self.flaky.call()
                }
            )*
            const fn zero() -> Result<u32, Fault> {
                Ok(0)
            }
        }
    };
}

method!(add(self, number: u32) {
    self.sum += number;
    yield_now().await;
    self.flaky.call()?;
    Ok(self.sum)
});

macro_rules! at_the_facade {
    ($facade:path) => {
        #[retry(max = 2, backoff = "none", crate = $facade)]
        fn by_its_path() -> Option<u32> {
            Some(3)
        }
    };
}

at_the_facade!(::resilience);

macro_rules! of_fragments {
    (
        $(#[$meta:meta])* $vis:vis fn $name:ident<$life:lifetime>($($pat:pat_param => $ty:ty),*) -> $ret:ty
        { $item:item $stmt:stmt; let $kept:pat = $cast:path; $tail:block } $key:ident
    ) => {
        $(#[$meta])*
        #[circuit_breaker(key = $key, failure_threshold = 100)]
        $vis async fn $name<$life>(flaky: &$life Flaky, $key: u32, $($pat: $ty),*) -> $ret {
            $item
            $stmt;
            let $kept: $cast = flaky.call()?;
            yield_now().await;
            $tail
        }
    };
}

of_fragments!(
    #[retry(max = 2, backoff = "none")]
    pub fn of_every_fragment<'x>((first, _) => (u32, u32), [last, ..] => [u32; 3]) -> Result<u32, Fault> {
        const fn twice(number: u32) -> u32 {
            number * 2
        }
        let sum = twice(last);
        let call = u32;
        { if call == 9 { return Err(Fault::Down); } Ok(sum + call) }
    }
    number
);

macro_rules! get {
    ($self:ident.$field:ident) => {
        $self.$field
    };
}

impl Made {
    #[retry(max = 2, backoff = "none")]
    async fn through_a_macro(&mut self, mut text: String) -> Result<String, Fault> {
        macro_rules! sum {
            () => {
                self.sum
            };
        }
        sum!() += 1;
        yield_now().await;
        text.push_str(&get!(self.sum).to_string());
        get!(self.flaky).call()?;
        Ok(text)
    }
}

/// BUG-H3.
#[tokio::test(start_paused = true)]
async fn a_function_may_be_made_by_a_macro() {
    let flaky = || Flaky::failing(2);
    let mut sink = Vec::new();
    assert_eq!(send(by_exclusive(&flaky(), &mut sink, String::new())).await.unwrap(), 1);
    assert_eq!(send(by_value(&flaky(), vec![1], String::new())).await.unwrap(), [1]);
    assert_eq!(send(by_shared(&flaky(), "t", String::new())).await.unwrap(), "t");
    assert_eq!((whole_body(), by_its_path()), (Some(2), Some(3)));
}

/// BUG-H3.
#[tokio::test]
async fn a_function_may_be_made_of_every_kind_of_fragment() {
    assert_eq!(send(of_every_fragment(&Flaky::failing(2), 1, (2, 3), [4, 5, 6])).await, Ok(8 + 3));
    assert_eq!(of_every_fragment(&Flaky::failing(8), 1, (2, 3), [4, 5, 6]).await, Err(Fault::Down));
}

/// BUG-H3.
#[tokio::test(start_paused = true)]
async fn the_values_of_a_whole_stack_may_come_from_a_macro() {
    let flaky = Flaky::failing(2);
    assert_eq!(send(stacked(&flaky, " a".into())).await.unwrap(), " a!");
    assert_eq!(stacked(&flaky, "a ".into()).await.unwrap(), " a!", "kept under `text.trim()`");
    assert_eq!(stacked(&Flaky::failing(9), "easy".into()).await.unwrap(), "easy spare");
    assert_eq!(stacked(&Flaky::failing(9), "hard".into()).await.unwrap(), "hard");
}

/// BUG-H3.
#[tokio::test]
async fn self_may_come_from_a_macro_and_go_into_one() {
    let mut made = Made { flaky: Flaky::failing(2), sum: 0 };
    assert_eq!(send(made.add(5)).await.unwrap(), 15);
    made.flaky = Flaky::failing(2);
    assert_eq!(send(made.through_a_macro("t".into())).await.unwrap(), "t18");
}
