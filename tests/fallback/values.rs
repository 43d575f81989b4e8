//! Values that a fallback replaces.

use resilience::{Policy, cached, fallback, policy};

use crate::common::TestError;

type Status = Result<u16, TestError>;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of a predicate")]
fn is_down(status: &u16) -> bool {
    *status >= 500
}

#[sync_and_async::test]
async fn values_that_when_ok_selects_are_replaced() {
    #[fallback(backup, value = 0, when_ok = is_down, when = TestError::is_transient)]
    async fn ask(first: Status, second: Status) -> Status {
        let _ = second;
        first
    }

    async fn backup(_: Status, second: Status) -> Status {
        second
    }

    assert_eq!(ask(Ok(404), Ok(1)).await, Ok(404));
    assert_eq!(ask(Ok(503), Ok(1)).await, Ok(1));
    assert_eq!(ask(Ok(503), Ok(502)).await, Ok(0), "the value of a step is judged, too");
    assert_eq!(ask(Ok(503), Err(TestError::Transient)).await, Ok(0));
    assert_eq!(ask(Err(TestError::Permanent), Ok(1)).await, Err(TestError::Permanent));
}

#[sync_and_async::test]
async fn the_value_of_the_last_step_is_the_answer() {
    struct Client;

    impl Client {
        #[fallback(self.backup, when_ok = |status: &u16| is_down(status))]
        async fn ask(&self, status: Option<u16>) -> Option<u16> {
            status
        }

        async fn backup(&self, _: Option<u16>) -> Option<u16> {
            Some(599)
        }
    }

    assert_eq!((Client.ask(Some(200)).await, Client.ask(Some(503)).await), (Some(200), Some(599)));
    assert_eq!(Client.ask(None).await, Some(599));
}

#[sync_and_async::test]
async fn a_replaced_value_is_a_substitute_that_no_cache_keeps() {
    #[cached(key = id)]
    #[fallback(value = 7, when_ok = is_down)]
    async fn ask(id: u32, status: u16) -> Status {
        let _ = id;
        Ok(status)
    }

    assert_eq!((ask(1, 503).await, ask(1, 200).await, ask(1, 404).await), (Ok(7), Ok(200), Ok(200)));
}

#[tokio::test]
async fn a_policy_replaces_values_alike() {
    let ask: Policy<u16, String> = Policy::new()
        >> policy::fallback(|error| if error == "503" { Ok(0) } else { Err(error) })
            .when_ok(is_down, |status| status.to_string());
    assert_eq!(ask.call(|| async { Ok(503) }).await, Ok(0));
    assert_eq!(ask.call(|| async { Ok(502) }).await, Err("502".to_owned()));
    assert_eq!(ask.call_blocking(|| Ok(503)), Ok(0));
    assert_eq!(ask.call_blocking(|| Ok(200)), Ok(200));
}
