#![deny(warnings)]
#![allow(clippy::items_after_statements, reason = "a watchdog comes first")]
//! What `#[cached]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod expiry;
mod handle;
mod hostile;
mod rows;

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use common::{
    Answer, Counter, Elapsed, Recorder, Script, TestError, awaiting, blocking, is_timeout, millis, poll_at_most, secs,
};
use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::{cached, fallback, timeout};
use tokio::time::sleep;

// What is kept

#[sync_and_async::test]
async fn the_same_question_is_asked_once() {
    #[cached(skip(script))]
    async fn call(script: &Script<'_>, question: u32) -> Answer {
        script.run().await.map(|call| question * 10 + call)
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!([call(&script, 1).await, call(&script, 1).await, call(&script, 2).await], [Ok(11), Ok(11), Ok(22)]);
    assert_eq!([call(&script, 2).await, call(&script, 1).await], [Ok(22), Ok(11)]);
    assert_eq!(script.calls(), 2);
}

/// E11.
#[sync_and_async::test]
async fn an_error_is_not_kept() {
    #[cached(skip(script))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(letters!(5, call(&script).await), "FFSSS");
    assert_eq!(script.calls(), 3);
}

/// E11.
#[sync_and_async::test]
async fn nothing_is_not_kept() {
    #[cached(skip(script))]
    async fn call(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!([call(&script).await, call(&script).await, call(&script).await], [None, None, Some(3)]);
    assert_eq!((call(&script).await, script.calls()), (Some(3), 3));
}

#[sync_and_async::test]
async fn any_other_value_is_kept_whole() {
    #[cached(skip(script))]
    async fn call(script: &Script<'_>) -> (u32, String) {
        (script.run().await.unwrap_or_default(), "text".to_owned())
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!([call(&script).await, call(&script).await].map(|(call, _)| call), [1, 1]);
}

/// E12.
#[sync_and_async::test]
async fn a_result_is_known_by_its_type_and_not_by_its_name() {
    type Outcome<T> = Result<T, TestError>;
    type Perhaps = Option<u32>;

    #[cached(skip(script))]
    async fn aliased(script: &Script<'_>) -> Outcome<u32> {
        script.run().await
    }
    #[cached(skip(script))]
    async fn optional(script: &Script<'_>) -> Perhaps {
        script.run().await.ok()
    }
    #[cached(skip(script))]
    async fn io(script: &Script<'_>) -> std::io::Result<u32> {
        script.run().await.map_err(std::io::Error::other)
    }

    let clock = Clock::start();
    let script = Script::of("FSS", &clock);
    assert_eq!(letters!(3, aliased(&script).await), "FSS");
    assert_eq!(script.calls(), 2);
    let script = Script::of("FSS", &clock);
    assert_eq!([optional(&script).await, optional(&script).await, optional(&script).await], [None, Some(2), Some(2)]);
    let script = Script::of("FSS", &clock);
    assert!(io(&script).await.is_err());
    assert_eq!([io(&script).await.ok(), io(&script).await.ok()], [Some(2); 2]);
}

#[sync_and_async::test]
async fn a_reference_to_a_parameter_is_the_same_key_as_the_parameter() {
    #[cached(key = (&owned, &borrowed, &&number))]
    async fn parts(owned: String, borrowed: &str, number: u32, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + number * 10 + u32::from(owned == borrowed) * 100)
    }
    #[cached(key = &(owned, number))]
    async fn tuple(owned: String, number: &u32, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + number + u32::from(owned.is_empty()))
    }
    #[cached(key = &owned)]
    async fn alone(mut owned: Vec<u8>, script: &Script<'_>) -> Answer {
        owned.push(1);
        script.run().await.map(|call| call * 10 + u32::from(owned.len() == 2))
    }

    #[cached(key = (*text, *number, all[..2]))]
    async fn looked_into(text: &str, number: &u32, all: &[u8], script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call * 10 + number + u32::from(text.len() == all.len()))
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    let text = || "text".to_owned();
    assert_eq!(parts(text(), "text", 1, &script).await, Ok(111));
    assert_eq!(parts(text(), &text(), 1, &script).await, Ok(111));
    assert_eq!(parts(text(), "other", 1, &script).await, Ok(12));
    assert_eq!((tuple(text(), &1, &script).await, tuple(text(), &1, &script).await), (Ok(4), Ok(4)));
    assert_eq!((alone(vec![7], &script).await, alone(vec![7], &script).await), (Ok(41), Ok(41)));
    assert_eq!((alone(vec![8, 8], &script).await, script.calls()), (Ok(50), 5));
    assert_eq!(looked_into("text", &1, &[1, 2, 3], &script).await, Ok(61));
    assert_eq!(looked_into(&text(), &1, &[1, 2, 4], &script).await, Ok(61));
    assert_eq!(looked_into("text", &1, &[1, 1, 3], &script).await, Ok(71));
}

#[sync_and_async::test]
async fn when_says_which_results_are_kept() {
    #[cached(skip(script), when = |answer| answer.as_ref().is_ok_and(|call| *call >= 3))]
    async fn closure(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script), when = Option::is_some)]
    async fn path(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    let answers = [closure(&script).await, closure(&script).await, closure(&script).await, closure(&script).await];
    assert_eq!(answers, [Ok(1), Ok(2), Ok(3), Ok(3)]);
    let script = Script::fails(1, &clock);
    assert_eq!([path(&script).await, path(&script).await, path(&script).await], [None, Some(2), Some(2)]);
}

#[sync_and_async::test]
async fn a_hit_is_one_clone_of_the_value_and_of_an_arc_no_clone_of_what_is_in_it() {
    static CLONES: Counter = Counter::new();

    #[derive(Debug)]
    struct Value(u32);

    impl Clone for Value {
        fn clone(&self) -> Self {
            CLONES.up();
            Self(self.0)
        }
    }
    // Not even `Clone`.
    struct Large([u8; 1000]);

    #[cached]
    async fn plain(number: u32) -> Value {
        pause().await;
        Value(number)
    }
    #[cached]
    async fn part(number: u32) -> Result<Value, TestError> {
        pause().await;
        Ok(Value(number))
    }
    #[cached]
    async fn arc(number: u8) -> Result<Arc<Large>, TestError> {
        pause().await;
        Ok(Arc::new(Large([number; 1000])))
    }

    plain(1).await;
    part(1).await.ok();
    let before = CLONES.get();
    for hits in 1..=3 {
        plain(1).await;
        part(1).await.ok();
        assert_eq!(CLONES.get() - before, 2 * hits);
    }
    let (first, again) = (arc(7).await.expect("made"), arc(7).await.expect("kept"));
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!((Arc::strong_count(&first), again.0[999]), (3, 7), "the store's, and these two");
}

#[sync_and_async::test]
async fn a_hit_gives_the_value_out_again_and_clones_no_part_of_the_key() {
    static CLONES: Counter = Counter::new();

    #[derive(PartialEq, Eq, Hash)]
    struct Question(u32);

    impl Clone for Question {
        fn clone(&self) -> Self {
            CLONES.up();
            Self(self.0)
        }
    }
    #[cached]
    async fn by_value(question: Question) -> Arc<u32> {
        pause().await;
        Arc::new(question.0)
    }
    #[cached]
    async fn by_reference(question: &Question) -> Arc<u32> {
        pause().await;
        Arc::new(question.0)
    }

    let first = [by_value(Question(7)).await, by_reference(&Question(7)).await];
    let clones = CLONES.get();
    let again = [by_value(Question(7)).await, by_reference(&Question(7)).await];
    assert!(first.iter().zip(&again).all(|(first, again)| Arc::ptr_eq(first, again)));
    assert_eq!(CLONES.get(), clones);
}

// The key

/// E22.
#[sync_and_async::test]
async fn every_argument_belongs_to_the_key() {
    #[cached]
    async fn call(name: &str, number: u32, flag: bool, list: Vec<u8>, perhaps: Option<char>) -> String {
        pause().await;
        format!("{name} {number} {flag} {list:?} {perhaps:?} {}", CALLS.up())
    }

    static CALLS: Counter = Counter::new();
    let first = call("a", 1, true, vec![1], None).await;
    assert_eq!(call(&String::from("a"), 1, true, vec![1], None).await, first);
    assert_eq!(CALLS.get(), 1);
    call("b", 1, true, vec![1], None).await;
    call("a", 2, true, vec![1], None).await;
    call("a", 1, false, vec![1], None).await;
    call("a", 1, true, vec![1, 0], None).await;
    call("a", 1, true, vec![1], Some('x')).await;
    assert_eq!(CALLS.get(), 6, "each differs in one argument");
}

#[sync_and_async::test]
async fn the_order_of_arguments_counts() {
    #[cached]
    async fn call(first: u32, second: u32) -> u32 {
        pause().await;
        first * 10 + second
    }

    assert_eq!([call(1, 2).await, call(2, 1).await, call(1, 2).await], [12, 21, 12]);
}

/// E21.
#[sync_and_async::test]
async fn arguments_are_never_run_together() {
    #[cached]
    async fn call(first: &str, second: &str) -> String {
        pause().await;
        format!("<{first}|{second}>")
    }

    for (first, second) in
        [("a:b", "c"), ("a", "b:c"), ("", "a:bc"), ("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")]
    {
        assert_eq!(call(first, second).await, format!("<{first}|{second}>"));
    }
}

#[sync_and_async::test]
async fn a_function_without_arguments_has_one_entry() {
    #[cached]
    async fn call() -> u32 {
        pause().await;
        CALLS.up()
    }

    static CALLS: Counter = Counter::new();
    assert_eq!([call().await, call().await], [1, 1]);
}

#[sync_and_async::test]
async fn what_is_skipped_does_not_belong_to_the_key() {
    struct NotHash(u32);

    #[cached(skip(context, hint))]
    async fn call(context: &NotHash, question: &str, hint: f64) -> String {
        pause().await;
        format!("{question} {} {hint}", context.0)
    }

    assert_eq!(call(&NotHash(1), "a", 0.5).await, "a 1 0.5");
    assert_eq!(call(&NotHash(2), "a", 0.7).await, "a 1 0.5");
    assert_eq!(call(&NotHash(2), "b", 0.7).await, "b 2 0.7");
}

#[sync_and_async::test]
async fn an_argument_that_is_not_part_of_the_key_need_not_be_cloned() {
    struct Unique(u32);

    #[cached(skip(unique))]
    async fn skipped(unique: Unique, question: u32) -> u32 {
        pause().await;
        unique.0 + question
    }
    #[cached(key = question)]
    async fn not_named(unique: Unique, question: u32) -> u32 {
        pause().await;
        unique.0 + question
    }

    assert_eq!([skipped(Unique(10), 1).await, skipped(Unique(20), 1).await], [11; 2]);
    assert_eq!([not_named(Unique(10), 1).await, not_named(Unique(20), 1).await], [11; 2]);
}

#[sync_and_async::test]
async fn a_key_is_any_expression_over_the_arguments() {
    fn normalize(text: &str) -> String {
        text.trim().to_lowercase()
    }
    #[cached(key = normalize(query))]
    async fn borrowed(query: &str) -> String {
        pause().await;
        query.to_owned()
    }
    #[cached(key = normalize(query))]
    async fn by_value(query: String) -> String {
        pause().await;
        query
    }
    #[cached(key = (tenant, query.len(), query))]
    async fn several(tenant: u32, query: String, noise: u32) -> (u32, String, u32) {
        pause().await;
        (tenant, query, noise)
    }

    assert_eq!([borrowed(" Hi ").await, borrowed("hI").await, borrowed("ho").await], [" Hi ", " Hi ", "ho"]);
    assert_eq!([by_value(" Hi ".to_owned()).await, by_value("hI".to_owned()).await], [" Hi ", " Hi "]);
    assert_eq!(several(1, "a".to_owned(), 1).await, (1, "a".to_owned(), 1));
    assert_eq!(several(1, "a".to_owned(), 2).await, (1, "a".to_owned(), 1));
    assert_eq!(several(2, "a".to_owned(), 3).await, (2, "a".to_owned(), 3));
    assert_eq!(several(1, "b".to_owned(), 4).await, (1, "b".to_owned(), 4));
}

/// E22.
#[sync_and_async::test]
async fn a_method_says_what_of_itself_belongs_to_the_key() {
    struct Client {
        id: u32,
        calls: Counter,
    }

    impl Client {
        const fn new(id: u32) -> Self {
            Self { id, calls: Counter::new() }
        }

        #[cached(key = (self.id, query))]
        async fn named(&self, query: &str) -> String {
            pause().await;
            format!("{} {query} {}", self.id, self.calls.up())
        }

        #[cached(skip(self))]
        async fn skipped(&self, query: &str) -> String {
            pause().await;
            format!("{} {query} {}", self.id, self.calls.up())
        }
    }

    let [one, two] = [1, 2].map(Client::new);
    assert_eq!([one.named("a").await, two.named("a").await, one.named("a").await], ["1 a 1", "2 a 1", "1 a 1"]);
    assert_eq!(one.named("b").await, "1 b 2");
    assert_eq!([one.skipped("a").await, two.skipped("a").await, two.skipped("b").await], ["1 a 3", "1 a 3", "2 b 2"]);
}

#[sync_and_async::test]
async fn each_function_has_its_own_entries() {
    struct Left;
    struct Right;

    impl Left {
        #[cached(skip(self))]
        async fn call(&self, number: u32) -> u32 {
            pause().await;
            number + 1
        }
    }
    impl Right {
        #[cached(skip(self))]
        async fn call(&self, number: u32) -> u32 {
            pause().await;
            number + 2
        }
    }
    #[cached]
    async fn call(number: u32) -> u32 {
        pause().await;
        number
    }
    #[cached(name = "cached::each")]
    async fn named(number: u32) -> u32 {
        pause().await;
        number + 3
    }
    #[cached(name = "cached::each")]
    async fn same_name(number: u32) -> u32 {
        pause().await;
        number + 4
    }

    for _ in 0..2 {
        let answers = [call(1).await, Left.call(1).await, Right.call(1).await, named(1).await, same_name(1).await];
        assert_eq!(answers, [1, 2, 3, 4, 5]);
    }
}

/// E20.
#[sync_and_async::test]
async fn keys_are_compared_and_never_trusted_by_their_hash() {
    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Colliding(u32);

    impl Hash for Colliding {
        fn hash<H: Hasher>(&self, state: &mut H) {
            state.write_u8(0);
        }
    }
    #[cached(max_size = 50, skip(calls))]
    async fn call(key: &Colliding, calls: &Counter) -> u32 {
        pause().await;
        calls.up();
        key.0
    }

    let calls = Counter::new();
    for _ in 0..3 {
        for number in 0..40 {
            assert_eq!(call(&Colliding(number), &calls).await, number);
        }
    }
    assert_eq!(calls.get(), 40, "and they are kept");
}

/// E23.
#[sync_and_async::test]
async fn a_generic_function_is_cached_per_concrete_type() {
    #[cached]
    async fn show<T: std::fmt::Debug + Clone + Eq + Hash + Send + Sync + 'static>(value: T) -> String {
        pause().await;
        format!("{value:?} of {}", std::any::type_name::<T>())
    }
    #[cached]
    async fn make<T: From<u8> + Clone + Send + Sync + 'static>(number: u8) -> T {
        pause().await;
        T::from(number)
    }

    for _ in 0..2 {
        assert_eq!(show(1_u8).await, "1 of u8");
        assert_eq!(show(1_i8).await, "1 of i8");
        assert_eq!((make::<u16>(7).await, make::<u32>(7).await), (7, 7));
        assert_eq!(make::<char>(b'x').await, 'x');
    }
}

/// E23. The names of types are not unique: two local ones in one function, or one type in two versions of a crate.
#[sync_and_async::test]
async fn types_of_one_name_are_told_apart() {
    trait Numbered {
        const NUMBER: u32;
    }
    #[cached]
    async fn number<T: Numbered>(id: u8) -> u32 {
        pause().await;
        T::NUMBER + u32::from(id)
    }
    macro_rules! numbers_of_a_local_type {
        ($number:literal) => {{
            struct Local<'a>(std::marker::PhantomData<&'a u8>);

            impl Numbered for Local<'_> {
                const NUMBER: u32 = $number;
            }
            (std::any::type_name::<Local<'_>>(), number::<Local<'_>>(0).await, number::<Local<'_>>(0).await)
        }};
    }

    let (one, two) = (numbers_of_a_local_type!(1), numbers_of_a_local_type!(2));
    assert_eq!(one, (two.0, 1, 1));
    assert_eq!((two.1, two.2), (2, 2));
}

/// E23.
#[sync_and_async::test]
async fn a_generic_function_is_cached_per_concrete_type_wherever_the_type_is_named() {
    struct Repository<T>(std::marker::PhantomData<T>);

    impl<T> Repository<T> {
        #[cached(skip(self))]
        async fn method(&self) -> usize {
            pause().await;
            size_of::<T>()
        }

        #[cached]
        async fn function(number: usize) -> usize {
            pause().await;
            size_of::<T>() + number
        }
    }
    trait Named {
        const NAME: &'static str;

        #[allow(async_fn_in_trait, reason = "not public")]
        #[cached]
        async fn name() -> String {
            pause().await;
            Self::NAME.to_owned()
        }
    }
    impl Named for u8 {
        const NAME: &'static str = "u8";
    }
    impl Named for &str {
        const NAME: &'static str = "&str";
    }
    #[cached]
    async fn type_parameter<T>(number: usize) -> usize {
        pause().await;
        size_of::<T>() + number
    }
    #[cached]
    async fn const_parameter<const N: usize>() -> usize {
        pause().await;
        N
    }

    for _ in 0..2 {
        assert_eq!([type_parameter::<u8>(1).await, type_parameter::<u16>(1).await], [2, 3]);
        assert_eq!([const_parameter::<1>().await, const_parameter::<2>().await], [1, 2]);
        let of = std::marker::PhantomData;
        assert_eq!(
            [Repository::<u8>(of).method().await, Repository::<u32>(std::marker::PhantomData).method().await],
            [1, 4]
        );
        assert_eq!([Repository::<u8>::function(1).await, Repository::<u32>::function(1).await], [2, 5]);
        assert_eq!([u8::name().await, <&str>::name().await], ["u8", "&str"]);
    }
}

// How long and how many

#[sync_and_async::test]
async fn without_a_ttl_an_entry_stays() {
    #[cached(skip(script))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(1));
    clock.sleep(secs(86_400 * 365)).await;
    assert_eq!(call(&script).await, Ok(1));
}

#[sync_and_async::test]
async fn an_entry_lives_exactly_as_long_as_its_ttl() {
    const TIME: Duration = Duration::from_secs(40);

    macro_rules! lives {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[cached(skip(script), $key = $value)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(0, &clock);
                let mut time = 0;
                while call(&script).await == Ok(1) {
                    clock.sleep(millis(125)).await;
                    time += 125;
                    assert!(time < 200_000, "it does not end");
                }
                time
            }),*]
        };
    }
    let lives = lives!(ttl = 3, ttl = 2 * 10, ttl = "1m30s", ttl = TIME, ttl_secs = 7, ttl_ms = 250);
    assert_eq!(lives, [3_000, 20_000, 90_000, 40_000, 7_000, 250]);
}

/// E15.
#[sync_and_async::test]
async fn the_ttl_counts_from_when_the_value_is_there() {
    #[cached(skip(clock, script), ttl = 3)]
    async fn call(clock: &Clock, script: &Script<'_>) -> Answer {
        let answer = script.run().await;
        clock.sleep(secs(5)).await;
        answer
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!((call(&clock, &script).await, clock.elapsed()), (Ok(1), secs(5)));
    clock.sleep(millis(2999)).await;
    assert_eq!(call(&clock, &script).await, Ok(1), "not born expired");
    clock.sleep(millis(1)).await;
    assert_eq!(call(&clock, &script).await, Ok(2));
}

#[sync_and_async::test]
async fn a_hit_does_not_prolong_the_life_of_an_entry_and_a_new_value_has_a_life_of_its_own() {
    #[cached(skip(script), ttl = 10)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    for expected in [1, 1, 1, 1, 2, 2, 2, 2, 3] {
        assert_eq!(call(&script).await, Ok(expected));
        clock.sleep(millis(2500)).await;
    }
}

/// E16.
#[sync_and_async::test]
async fn no_ttl_and_no_size_is_too_large() {
    #[cached(skip(script), ttl = Duration::MAX, max_size = 4_294_967_295, allow(huge_cache))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!([call(&script).await, call(&script).await], [Ok(1), Ok(1)]);
    clock.sleep(secs(1 << 30)).await;
    assert_eq!(call(&script).await, Ok(1));
}

/// E18.
#[sync_and_async::test]
async fn no_more_entries_are_kept_than_max_size_says() {
    macro_rules! kept {
        ($($size:literal)*) => {$({
            #[cached(skip(calls), max_size = $size)]
            async fn call(number: u32, calls: &Counter) -> u32 {
                pause().await;
                calls.up();
                number
            }
            let calls = Counter::new();
            for number in 0..3 * $size {
                assert_eq!(call(number, &calls).await, number);
                assert_eq!(call(number, &calls).await, number);
            }
            assert_eq!(calls.get(), 3 * $size, "the newest is kept");
            for number in (0..3 * $size).rev() {
                assert_eq!(call(number, &calls).await, number);
            }
            let kept = 6 * $size - calls.get();
            assert!((1..=$size).contains(&kept), "{kept} of {}", $size);
        })*};
    }
    kept!(1 2 3 10 100 1001);
}

#[sync_and_async::test]
async fn no_more_weight_is_kept_than_max_weight_says() {
    const ROOM: u64 = 100;

    fn letters(_: &str, text: &str) -> u64 {
        text.len() as u64
    }
    macro_rules! kept {
        ($($weigh:expr, $room:expr;)*) => {$({
            #[cached(skip(calls), weigh = $weigh, max_weight = $room)]
            async fn call(text: &str, calls: &Counter) -> Result<String, TestError> {
                pause().await;
                calls.up();
                Ok(text.to_owned())
            }
            let calls = Counter::new();
            for length in [97, 10, 20, 30, 39] {
                let text = "x".repeat(length);
                for _ in 0..2 {
                    assert_eq!(call(&text, &calls).await.as_deref(), Ok(&*text));
                }
            }
            assert_eq!(calls.get(), 5, "each was kept");
            for length in [10, 20, 30, 39] {
                assert!(call(&"x".repeat(length), &calls).await.is_ok());
            }
            assert_eq!(calls.get(), 5, "and they fit together");
            for _ in 0..3 {
                assert!(call(&"x".repeat(98), &calls).await.is_ok());
            }
            assert_eq!(calls.get(), 8, "too heavy");
            assert!(call(&"x".repeat(20), &calls).await.is_ok());
            assert_eq!(calls.get(), 8, "and has driven out nothing");
        })*};
    }
    kept! {
        letters, 100;
        |_, text| text.len() as u64, ROOM;
        |key, _| key.len() as u64, 50 + 50;
    }
}

#[sync_and_async::test]
async fn a_scale_sees_the_key_as_it_is_stored_and_the_value_that_is_kept() {
    #[cached(weigh = |(text, number), value: &u32| text.len() as u64 + u64::from(*number) + u64::from(*value), max_weight = 11)]
    async fn several(text: &str, number: u32) -> Option<u32> {
        pause().await;
        CALLS.up();
        Some(3)
    }
    #[cached(weigh = |(), _| 1, max_weight = 1)]
    async fn none() -> u32 {
        pause().await;
        CALLS.up()
    }

    static CALLS: Counter = Counter::new();
    for _ in 0..2 {
        several("abc", 4).await;
    }
    assert_eq!(CALLS.get(), 1);
    for _ in 0..2 {
        several("abc", 5).await;
    }
    assert_eq!(CALLS.get(), 3, "one too much");
    assert_eq!([none().await, none().await], [4, 4]);
}

#[sync_and_async::test]
async fn a_method_can_be_the_scale() {
    struct Shelf {
        per_letter: u64,
    }

    impl Shelf {
        fn weigh(&self, _: &str, text: &str) -> u64 {
            self.per_letter * text.len() as u64
        }

        fn letters(_: &str, text: &str) -> u64 {
            text.len() as u64
        }

        #[cached(key = text, weigh = self.weigh, max_weight = 11)]
        async fn field(&self, text: &str) -> String {
            pause().await;
            CALLS.up();
            text.to_owned()
        }

        #[cached(key = text, weigh = Self::letters, max_weight = 11)]
        async fn path(&self, text: &str) -> String {
            pause().await;
            CALLS.up();
            text.to_owned()
        }
    }

    static CALLS: Counter = Counter::new();
    let shelf = Shelf { per_letter: 2 };
    for text in ["aaaaa", "aaaaa", "aaaaaa", "aaaaaa"] {
        shelf.field(text).await;
    }
    assert_eq!(CALLS.get(), 3);
    for text in ["aaaaaaaaaa", "aaaaaaaaaa", "aaaaaaaaaaa", "aaaaaaaaaaa"] {
        shelf.path(text).await;
    }
    assert_eq!(CALLS.get(), 6);
}

#[sync_and_async::test]
async fn a_scale_works_with_old_values_and_kept_errors() {
    #[cached(
        skip(script), ttl = 60, stale_if_error = "1h", negative_ttl = "5s", weigh = |(), answer| u64::from(answer.is_err()),
        max_weight = 10, when = |answer| !matches!(answer, Err(TestError::Transient))
    )]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 => Err(TestError::Permanent),
        2 => Ok(2),
        _ => Err(TestError::Transient),
    });
    assert_eq!([call(&script).await, call(&script).await], [Err(TestError::Permanent), Err(TestError::Permanent)]);
    clock.sleep(secs(5)).await;
    assert_eq!(call(&script).await, Ok(2));
    clock.sleep(secs(60)).await;
    assert_eq!((call(&script).await, script.calls()), (Ok(2), 3));
}

/// E18, F1.
#[test]
fn the_store_never_grows_beyond_max_size() {
    macro_rules! bounded {
        ($($name:literal $size:literal)*) => {$({
            #[cached(name = $name, max_size = $size)]
            fn call(number: usize) -> usize {
                number
            }
            for number in 0..$size * 4 {
                call(number);
            }
            let cache = resilience::Cache::named($name).expect("called");
            assert!(cache.len() <= $size, "{} entries of {}", cache.len(), $size);
            assert!(cache.len() * 2 >= $size, "{} entries of {}", cache.len(), $size);
            assert!(cache.stats().evictions >= $size * 3);
        })*};
    }
    bounded!("bound.1" 1 "bound.2" 2 "bound.7" 7 "bound.33" 33 "bound.100" 100 "bound.500" 500 "bound.1001" 1001);
    bounded!("bound.1999" 1999 "bound.5000" 5000);
}

/// E17.
#[test]
fn a_clock_that_steps_back_does_not_hurt() {
    #[cached(skip(script), ttl = 10)]
    fn call(script: &blocking::Script<'_>) -> Answer {
        script.run()
    }

    let clock = blocking::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script), Ok(1));
    clock.step_back(secs(3600));
    assert_eq!(call(&script), Ok(1));
    clock.sleep(secs(3609));
    assert_eq!(call(&script), Ok(1));
    clock.sleep(secs(1));
    assert_eq!(call(&script), Ok(2));
}

// Concurrent misses

/// E36.
#[tokio::test(start_paused = true)]
async fn concurrent_misses_of_one_key_run_the_body_once() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(script))]
    async fn call(callers: usize, script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await
    }

    for callers in [100, 10_000] {
        let clock = awaiting::Clock::start();
        let script = Script::fails(0, &clock);
        assert_eq!(join_all((0..callers).map(|_| call(callers, &script))).await, vec![Ok(1); callers]);
        assert_eq!((script.calls(), clock.elapsed()), (1, secs(1)));
    }
}

/// E10.
#[tokio::test(start_paused = true)]
async fn concurrent_misses_of_distinct_keys_do_not_wait_for_each_other() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(script))]
    async fn call(number: u32, script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await.map(|_| number)
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let answers = join_all((0..100).map(|number| call(number, &script))).await;
    assert_eq!(answers, (0..100).map(Ok).collect::<Vec<_>>());
    assert_eq!((script.calls(), clock.elapsed()), (100, secs(1)));
}

#[tokio::test(start_paused = true)]
async fn without_coalescing_each_miss_runs_the_body() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(script), coalesce = false)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        sleep(secs(1)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let mut answers = join_all((0..10).map(|_| call(&script))).await;
    answers.sort_by_key(|answer| answer.clone().ok());
    assert_eq!(answers, (1..=10).map(Ok).collect::<Vec<_>>());
    assert_eq!(clock.elapsed(), secs(1));
    assert!(call(&script).await.is_ok());
    assert_eq!(script.calls(), 10, "and then it is kept");
}

/// E9.
#[test]
fn threads_that_miss_one_key_at_once_run_the_body_once() {
    #[cached(skip(calls, arrived))]
    fn call(round: u32, calls: &Counter, arrived: &Counter) -> Answer {
        while arrived.get() < 8 {
            std::thread::yield_now();
        }
        std::thread::yield_now();
        Ok(round * 100 + calls.up())
    }

    blocking::ends(|| {
        for round in 0..50 {
            let (calls, arrived) = (Counter::new(), Counter::new());
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        arrived.up();
                        assert_eq!(call(round, &calls, &arrived), Ok(round * 100 + 1));
                    });
                }
            });
            assert_eq!(calls.get(), 1);
        }
    });
}

/// E10.
#[test]
fn threads_that_miss_distinct_keys_do_not_wait_for_each_other() {
    #[cached(skip(all_in))]
    fn call(number: u32, all_in: &Barrier) -> u32 {
        all_in.wait();
        number
    }

    blocking::ends(|| {
        let all_in = Barrier::new(8);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let all_in = &all_in;
                scope.spawn(move || assert_eq!(call(number, all_in), number));
            }
        });
    });
}

/// The bodies that run now, the most there have been at once, and all that were begun.
#[derive(Default)]
struct Running {
    now: Counter,
    most: Cell<u32>,
    begun: Counter,
}

struct Body<'a>(&'a Running);

impl Running {
    fn enter(&self) -> Body<'_> {
        self.begun.up();
        self.most.set(self.most.get().max(self.now.up()));
        Body(self)
    }
}

impl Drop for Body<'_> {
    fn drop(&mut self) {
        self.0.now.down();
    }
}

/// E1, E3.
#[tokio::test(start_paused = true)]
async fn when_the_leader_is_dropped_at_any_poll_one_of_those_who_wait_leads_next() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(running))]
    async fn call(waiters: usize, polls: usize, running: &Running) -> usize {
        let _body = running.enter();
        awaiting::pause().await;
        sleep(secs(1)).await;
        awaiting::pause().await;
        waiters
    }

    for waiters in 0..=4 {
        for polls in 0..=4 {
            let running = Running::default();
            let mut leader = Box::pin(call(waiters, polls, &running));
            let led = poll_at_most(polls, &mut leader).await;
            assert_eq!(led, (polls == 4).then_some(waiters), "the body is ready at the fourth poll");
            let mut waiting: Vec<_> = (0..waiters).map(|_| Box::pin(call(waiters, polls, &running))).collect();
            for waiter in &mut waiting {
                assert_eq!(poll_at_most(1, waiter).await, led);
            }
            if led.is_none() {
                drop(leader);
                assert_eq!(join_all(waiting).await, vec![waiters; waiters]);
            }
            assert_eq!(call(waiters, polls, &running).await, waiters, "kept, or made now");
            let runs = u32::from(polls > 0) + u32::from(led.is_none());
            assert_eq!((running.begun.get(), running.most.get(), running.now.get()), (runs, 1, 0));
        }
    }
}

/// E4.
#[tokio::test(start_paused = true)]
async fn when_the_leader_panics_one_of_those_who_wait_leads_next() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(running))]
    async fn call(waiters: usize, running: &Running) -> usize {
        let _body = running.enter();
        sleep(secs(1)).await;
        assert_ne!(running.begun.get(), 1, "told to panic");
        waiters
    }

    for waiters in 0..=4 {
        let running = Running::default();
        let leader = AssertUnwindSafe(call(waiters, &running)).catch_unwind();
        let (led, waited) = tokio::join!(leader, join_all((0..waiters).map(|_| call(waiters, &running))));
        assert!(led.is_err());
        assert_eq!(waited, vec![waiters; waiters]);
        assert_eq!(call(waiters, &running).await, waiters);
        assert_eq!((running.begun.get(), running.most.get()), (2, 1));
    }
}

/// E4.
#[test]
fn when_a_leading_thread_panics_one_of_those_who_wait_leads_next() {
    #[cached(skip(calls, arrived))]
    fn call(round: u32, calls: &Counter, arrived: &Counter) -> u32 {
        while arrived.get() < 4 {
            std::thread::yield_now();
        }
        assert_ne!(calls.up(), 1, "told to panic");
        round
    }

    blocking::ends(|| {
        for round in 0..20 {
            let (calls, arrived) = (Counter::new(), Counter::new());
            let panics = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            arrived.up();
                            call(round, &calls, &arrived)
                        })
                    })
                    .collect();
                threads.into_iter().map(std::thread::ScopedJoinHandle::join).filter(Result::is_err).count()
            });
            assert_eq!((panics, calls.get()), (1, 2));
        }
    });
}

/// E37.
#[tokio::test(start_paused = true)]
async fn an_error_that_can_be_cloned_is_shared_by_all_who_wait_and_then_forgotten() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(script))]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await
    }
    #[cached(skip(script))]
    async fn optional(script: &awaiting::Script<'_>) -> Option<u32> {
        sleep(secs(1)).await;
        script.run().await.ok()
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(join_all((0..5).map(|_| call(&script))).await, vec![Err(TestError::Transient); 5]);
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(1)));
    assert_eq!(call(&script).await, Ok(2));
    let script = Script::fails(1, &clock);
    assert_eq!(join_all((0..5).map(|_| optional(&script))).await, vec![None; 5]);
    assert_eq!((script.calls(), optional(&script).await), (1, Some(2)));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_cannot_be_cloned_lets_all_who_wait_run_at_once() {
    let _watchdog = common::Watchdog::start();
    #[derive(Debug, PartialEq)]
    struct Unique(u32);

    #[cached(skip(script))]
    async fn call(script: &awaiting::Script<'_>) -> Result<u32, Unique> {
        sleep(secs(1)).await;
        script.run().await.map_err(|_| Unique(u32::try_from(script.calls()).unwrap_or_default()))
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(5, &clock);
    let answers = join_all((0..5).map(|_| call(&script))).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(answers[0], Err(Unique(1)));
    assert_eq!((script.calls(), clock.elapsed()), (5, secs(2)), "not one after the other");
    assert_eq!(call(&script).await, Ok(6));
}

/// E1.
#[tokio::test(start_paused = true)]
async fn a_caller_that_stops_waiting_disturbs_nobody() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(script))]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let waiters = async {
        for polls in 0..3 {
            assert_eq!(tokio::time::timeout(millis(10), poll_at_most(polls, call(&script))).await.ok().flatten(), None);
        }
        call(&script).await
    };
    assert_eq!(tokio::join!(call(&script), waiters), (Ok(1), Ok(1)));
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(1)));
}

/// Each waits as long as its own limit allows, whatever the others' is.
#[tokio::test(start_paused = true)]
async fn each_caller_of_one_load_ends_at_its_own_limit() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(script))]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(10)).await;
        script.run().await
    }
    #[timeout(secs = 2)]
    async fn within_two(script: &awaiting::Script<'_>) -> Answer {
        call(script).await
    }
    #[timeout(secs = 5)]
    async fn within_five(script: &awaiting::Script<'_>) -> Answer {
        call(script).await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let timed = async |call: Pin<Box<dyn Future<Output = Answer> + '_>>| {
        let answer = awaiting::ends(call).await;
        (common::letter(&answer), clock.elapsed().as_secs())
    };
    let all = join_all([
        timed(Box::pin(call(&script))),
        timed(Box::pin(within_two(&script))),
        timed(Box::pin(within_five(&script))),
        timed(Box::pin(async {
            sleep(secs(4)).await;
            within_five(&script).await
        })),
    ]);
    assert_eq!(all.await, [('S', 10), ('T', 2), ('T', 5), ('T', 9)]);
    assert_eq!(script.calls(), 1);
}

/// The leader's limit is no limit of those who wait: one of them leads next.
#[tokio::test(start_paused = true)]
async fn a_leader_whose_own_limit_ends_passes_on_and_does_not_fail_the_others() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(script))]
    async fn plain(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(4)).await;
        script.run().await
    }
    /// Its own limit shrinks to what the caller's leaves.
    #[cached(skip(script))]
    #[timeout(secs = 60)]
    async fn limited(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(4)).await;
        script.run().await
    }
    #[timeout(secs = 2)]
    async fn hurried(is_limited: bool, script: &awaiting::Script<'_>) -> Answer {
        if is_limited { limited(script).await } else { plain(script).await }
    }

    for is_limited in [false, true] {
        let clock = awaiting::Clock::start();
        let script = Script::fails(0, &clock);
        let patient = async || if is_limited { limited(&script).await } else { plain(&script).await };
        let (led, waited) = awaiting::ends(async {
            tokio::join!(hurried(is_limited, &script), async { tokio::join!(patient(), patient()) })
        })
        .await;
        assert!(is_timeout(&led));
        assert_eq!((waited, script.calls(), clock.elapsed()), ((Ok(1), Ok(1)), 1, secs(6)), "{is_limited}");
    }
}

/// E5.
#[tokio::test(start_paused = true)]
async fn who_waits_for_a_leader_that_nobody_polls_ends_at_the_own_limit() {
    let _watchdog = common::Watchdog::start();
    #[timeout(secs = 5)]
    #[cached]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let mut parked = Box::pin(call());
    assert_eq!(poll_at_most(1, &mut parked).await, None);
    assert!(is_timeout(&call().await));
    assert!(is_timeout(&parked.await) || call().await == Ok(7), "nothing is blocked");
    assert_eq!(call().await, Ok(7));
}

/// E2, E19.
#[tokio::test(start_paused = true)]
async fn ten_thousand_abandoned_loads_leave_nothing_behind() {
    let _watchdog = common::Watchdog::start();
    #[cached(max_size = 10)]
    async fn call(number: u32) -> u32 {
        sleep(secs(1)).await;
        number
    }

    for number in 0..10_000 {
        assert_eq!(poll_at_most(1, call(number)).await, None);
    }
    let clock = awaiting::Clock::start();
    let answers = join_all((0..10_000).map(call)).await;
    assert_eq!((answers.len(), clock.elapsed()), (10_000, secs(1)));
}

/// I1.
#[test]
fn a_load_that_ended_with_its_runtime_does_not_block_the_next_runtime() {
    #[cached(skip(hangs))]
    async fn call(hangs: bool) -> u32 {
        awaiting::pause().await;
        if hangs { std::future::pending().await } else { 7 }
    }

    blocking::ends(|| {
        let runtime = || tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let first = runtime();
        first.spawn(call(true));
        first.block_on(awaiting::pause());
        drop(first);
        assert_eq!(runtime().block_on(call(false)), 7);
    });
}

// From inside

/// E7.
#[sync_and_async::test]
async fn a_body_that_asks_for_its_own_key_runs_instead_of_hanging() {
    #[cached(skip(depth, calls))]
    async fn call(depth: u32, calls: &Counter) -> u32 {
        pause().await;
        calls.up();
        if depth == 0 { 1 } else { boxed(call(depth - 1, calls)).await + 1 }
    }

    let calls = Counter::new();
    assert_eq!(call(5, &calls).await, 6);
    assert_eq!(calls.get(), 6);
    assert_eq!(call(0, &calls).await, 6, "the outermost is kept last");
    assert_eq!(calls.get(), 6);
}

/// E7.
#[sync_and_async::test]
async fn recursion_over_other_keys_fills_the_cache() {
    #[cached(skip(calls))]
    async fn fibonacci(number: u64, calls: &Counter) -> u64 {
        pause().await;
        calls.up();
        if number < 2 {
            return number;
        }
        boxed(fibonacci(number - 1, calls)).await + boxed(fibonacci(number - 2, calls)).await
    }

    let calls = Counter::new();
    assert_eq!(fibonacci(80, &calls).await, 23_416_728_348_467_685);
    assert_eq!(calls.get(), 81);
}

/// E7.
#[sync_and_async::test]
async fn functions_that_call_each_other_with_their_keys_do_not_hang() {
    #[cached(skip(depth))]
    async fn ping(key: u32, depth: u32) -> u32 {
        pause().await;
        if depth == 0 { key } else { boxed(pong(key, depth - 1)).await + 1 }
    }
    #[cached(skip(depth))]
    async fn pong(key: u32, depth: u32) -> u32 {
        pause().await;
        if depth == 0 { key } else { boxed(ping(key, depth - 1)).await + 1 }
    }

    assert_eq!(ping(10, 5).await, 15);
}

/// E7.
#[tokio::test(start_paused = true)]
async fn a_body_that_asks_for_its_own_key_twice_at_once_does_not_hang() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(depth))]
    async fn call(depth: u32) -> u32 {
        sleep(secs(1)).await;
        if depth == 0 {
            return 1;
        }
        let (left, right) = tokio::join!(awaiting::boxed(call(depth - 1)), awaiting::boxed(call(depth - 1)));
        left + right
    }

    assert_eq!(tokio::time::timeout(secs(100), call(2)).await, Ok(4));
}

/// E7: also where nobody waits for it, as the error of the first could not be shared.
#[tokio::test(start_paused = true)]
async fn a_body_that_runs_alone_may_ask_for_its_own_key() {
    let _watchdog = common::Watchdog::start();
    struct Unique;

    #[cached(skip(calls))]
    async fn call(calls: &Counter) -> Result<u32, Unique> {
        sleep(secs(1)).await;
        match calls.up() {
            1 => Err(Unique),
            2 | 3 => awaiting::boxed(call(calls)).await,
            call => Ok(call),
        }
    }

    let calls = Counter::new();
    let all = awaiting::ends(join_all((0..3).map(|_| call(&calls)))).await;
    assert!(all[0].is_err() && all[1..].iter().all(Result::is_ok));
}

/// E7.
#[tokio::test(start_paused = true)]
async fn two_loads_that_ask_for_each_others_key_do_not_hang() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(asks))]
    async fn call(key: u32, asks: Option<u32>) -> u32 {
        sleep(secs(1)).await;
        match asks {
            Some(other) => key + awaiting::boxed(call(other, None)).await,
            None => key,
        }
    }

    let both = join_all([call(1, Some(2)), call(2, Some(1))]);
    assert!(tokio::time::timeout(secs(100), both).await.is_ok());
}

// Degraded answers

#[sync_and_async::test]
async fn the_answer_of_a_fallback_is_not_kept() {
    fn canned(_: &Script<'_>) -> Answer {
        Ok(99)
    }
    #[cached(skip(script))]
    #[fallback(canned)]
    async fn function(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    #[fallback(value = 98)]
    async fn value(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    #[fallback(|error| if error.is_transient() { Ok(97) } else { Err(error) })]
    async fn closure(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFS", &clock);
    let answers = [function(&script).await, function(&script).await, function(&script).await, function(&script).await];
    assert_eq!((answers, script.calls()), ([Ok(99), Ok(99), Ok(3), Ok(3)], 3));
    let script = Script::of("FS", &clock);
    assert_eq!([value(&script).await, value(&script).await, value(&script).await], [Ok(98), Ok(2), Ok(2)]);
    let script = Script::of("FS", &clock);
    assert_eq!([closure(&script).await, closure(&script).await, closure(&script).await], [Ok(97), Ok(2), Ok(2)]);
}

#[sync_and_async::test]
async fn cache_degraded_keeps_the_answer_of_a_fallback() {
    #[cached(skip(script), cache_degraded = true)]
    #[fallback(value = 99)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!([call(&script).await, call(&script).await], [Ok(99), Ok(99)]);
    assert_eq!(script.calls(), 1);
}

#[sync_and_async::test]
async fn a_cache_below_the_fallback_does_not_see_its_answer() {
    #[fallback(value = 99)]
    #[cached(skip(script))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!([call(&script).await, call(&script).await, call(&script).await], [Ok(99), Ok(2), Ok(2)]);
    assert_eq!(script.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_share_the_answer_of_a_fallback_and_nobody_keeps_it() {
    let _watchdog = common::Watchdog::start();
    #[cached(skip(script))]
    #[fallback(value = 99)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(join_all((0..5).map(|_| call(&script))).await, vec![Ok(99); 5]);
    assert_eq!(script.calls(), 1);
    assert_eq!(call(&script).await, Ok(2));
}

/// F5.
#[sync_and_async::test]
async fn each_lookup_is_an_event_without_arguments() {
    #[cached(skip(script))]
    async fn call(secret: &str, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + u32::from(secret.is_empty()))
    }

    let clock = Clock::start();
    let recorder = Recorder::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(3, call("hunter2", &script).await), "FSS");
    assert_eq!(recorder.names(), ["cache.miss", "cache.miss", "cache.hit"]);
    for event in recorder.events() {
        assert!(event.field("cache").ends_with("::call"), "{event:?}");
        assert!(!format!("{event:?}").contains("hunter2"), "{event:?}");
    }
}

// Of the real clock

#[tokio::test]
async fn a_real_ttl_takes_its_time() {
    let _watchdog = common::Watchdog::start();
    #[cached(ttl_ms = 5)]
    async fn call() -> u32 {
        awaiting::pause().await;
        CALLS.up()
    }

    static CALLS: Counter = Counter::new();
    let start = std::time::Instant::now();
    assert_eq!(call().await, 1);
    while call().await == 1 {
        assert!(start.elapsed() < secs(60), "it does not end");
        awaiting::pause().await;
    }
    assert!(start.elapsed() >= millis(5));
}

/// E5.
#[test]
fn a_thread_that_waits_for_another_ends_at_its_own_limit() {
    #[timeout(ms = 20, mode = "cooperative")]
    #[cached(skip(leads, at_work, over))]
    fn call(leads: bool, at_work: &Barrier, over: &Barrier) -> Answer {
        if leads {
            at_work.wait();
            over.wait();
            return Ok(7);
        }
        resilience::checkpoint()?;
        Ok(8)
    }

    blocking::ends(|| {
        let (at_work, over) = (Barrier::new(2), Barrier::new(2));
        std::thread::scope(|scope| {
            let leader = scope.spawn(|| call(true, &at_work, &over));
            at_work.wait();
            assert!(is_timeout(&call(false, &at_work, &over)));
            over.wait();
            assert_eq!(leader.join().ok(), Some(Ok(7)));
        });
        assert_eq!(call(false, &at_work, &over), Ok(7));
    });
}

/// The same for threads: a body that gives up because of its caller's limit gives up for its caller alone.
#[test]
fn a_leading_thread_whose_own_limit_ends_does_not_fail_the_others() {
    #[cached(skip(leads, at_work, over))]
    fn call(leads: bool, at_work: &Barrier, over: &Barrier) -> Answer {
        if leads {
            at_work.wait();
            over.wait();
            loop {
                resilience::checkpoint()?;
                std::thread::yield_now();
            }
        }
        Ok(7)
    }
    #[timeout(ms = 20, mode = "cooperative")]
    fn hurried(at_work: &Barrier, over: &Barrier) -> Answer {
        call(true, at_work, over)
    }

    blocking::ends(|| {
        let (at_work, over) = (Barrier::new(2), Barrier::new(2));
        std::thread::scope(|scope| {
            let leader = scope.spawn(|| hurried(&at_work, &over));
            at_work.wait();
            let waiter = scope.spawn(|| call(false, &at_work, &over));
            over.wait();
            assert!(leader.join().is_ok_and(|led| is_timeout(&led)));
            assert_eq!(waiter.join().ok(), Some(Ok(7)));
        });
    });
}

/// A policy has one store for both kinds of callers.
#[test]
fn threads_and_tasks_share_one_load_of_a_policy() {
    use resilience::Policy;
    use resilience::policy::{self, CachedPolicy};

    blocking::ends(|| {
        for task_leads in [true, false] {
            let name = if task_leads { "shared: task leads" } else { "shared: thread leads" };
            let door: CachedPolicy<u32, u32, TestError> = policy::cached(name).build().expect("valid") >> Policy::new();
            let (calls, at_work, over) = (Counter::new(), Barrier::new(2), Barrier::new(2));
            let lead = || {
                at_work.wait();
                over.wait();
                Ok(calls.up())
            };
            let follow = || Ok(100 + calls.up());
            let runtime = || tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let answers = std::thread::scope(|scope| {
                let leader = scope.spawn(|| {
                    if task_leads {
                        runtime().block_on(door.call_for(&1, async || lead()))
                    } else {
                        door.call_for_blocking(&1, lead)
                    }
                });
                at_work.wait();
                let thread = scope.spawn(|| door.call_for_blocking(&1, follow));
                let task = scope.spawn(|| runtime().block_on(door.call_for(&1, async || follow())));
                while resilience::Cache::named(name).expect("called").stats().misses < 3 {
                    std::thread::yield_now();
                }
                over.wait();
                [leader, thread, task].map(|thread| thread.join().expect("no panic"))
            });
            assert_eq!((answers, calls.get()), ([Ok(1), Ok(1), Ok(1)], 1), "{name}");
        }
    });
}

#[test]
fn a_real_ttl_of_a_synchronous_function_takes_its_time() {
    #[cached(ttl_ms = 5)]
    fn call() -> u32 {
        CALLS.up()
    }

    static CALLS: Counter = Counter::new();
    let start = std::time::Instant::now();
    while call() == 1 {
        assert!(start.elapsed() < secs(60), "it does not end");
        std::thread::yield_now();
    }
    assert!(start.elapsed() >= millis(5));
}
