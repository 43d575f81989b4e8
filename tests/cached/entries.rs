//! Which results are cached, and how a hit returns them.

use std::hash::Hash;
use std::sync::Arc;

use resilience::cached;

use crate::common::{Answer, Counter, TestError};

#[sync_and_async::test]
async fn equal_arguments_run_the_body_once() {
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

/// BUG-E11.
#[sync_and_async::test]
async fn an_error_is_not_cached() {
    #[cached(skip(script))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(letters!(5, call(&script).await), "FFSSS");
    assert_eq!(script.calls(), 3);
}

/// BUG-E11.
#[sync_and_async::test]
async fn none_is_not_cached() {
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
async fn any_other_value_is_cached() {
    #[cached(skip(script))]
    async fn call(script: &Script<'_>) -> (u32, String) {
        (script.run().await.unwrap_or_default(), "text".to_owned())
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!([call(&script).await, call(&script).await].map(|(call, _)| call), [1, 1]);
}

/// BUG-E12.
#[sync_and_async::test]
async fn a_result_is_recognised_by_type_and_not_by_name() {
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
async fn a_borrowed_argument_is_the_same_key_as_an_owned_one() {
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
async fn when_selects_which_results_are_cached() {
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
async fn a_hit_clones_the_value_once_and_never_the_content_of_an_arc() {
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
async fn a_hit_clones_no_part_of_the_key() {
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
