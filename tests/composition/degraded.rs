//! Outer caches do not keep degraded results.

use resilience::{cached, fallback};

use crate::common::{Answer, millis};

#[sync_and_async::test]
async fn a_fallback_value_of_a_called_function_is_not_cached() {
    #[cached(key = ())]
    async fn ask(script: &Script<'_>) -> Answer {
        let answer = primary_or_spare(script).await;
        pause().await;
        answer
    }

    #[fallback(value = 7)]
    async fn primary_or_spare(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!((ask(&script).await, ask(&script).await), (Ok(7), Ok(7)));
    assert_eq!((ask(&script).await, ask(&script).await), (Ok(3), Ok(3)), "the third answer is kept");
    assert_eq!(script.calls(), 3);
}

/// A fallback beside the load, in the same task and on the same thread, does not degrade the load.
#[tokio::test(start_paused = true)]
async fn a_fallback_beside_a_load_does_not_prevent_caching() {
    #[cached(name = "beside a fallback")]
    async fn load(id: u32) -> Option<u32> {
        tokio::time::sleep(millis(10)).await;
        Some(id)
    }

    #[fallback(value = 1)]
    async fn degraded() -> Option<u32> {
        tokio::time::sleep(millis(1)).await;
        None
    }

    let others = async {
        for _ in 0..20 {
            assert_eq!(degraded().await, Some(1));
        }
    };
    let (loaded, ()) = futures_util::future::join(load(5), others).await;
    assert_eq!(loaded, Some(5));
    assert_eq!(resilience::Cache::named("beside a fallback").map(resilience::Cache::len), Some(1));
}
