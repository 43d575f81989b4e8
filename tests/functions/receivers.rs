//! Every kind of receiver.

use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

#[derive(Debug, Default)]
struct Service {
    flaky: Flaky,
    log: Vec<u32>,
}

impl Service {
    const fn failing(failures: u32) -> Self {
        Self { flaky: Flaky::failing(failures), log: Vec::new() }
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_ref(&self, mut text: String) -> Result<String, Fault> {
        text.push('!');
        yield_now().await;
        let call = self.flaky.call()?;
        Ok(format!("{text}{call}"))
    }

    #[retry(max = 3, backoff = "none")]
    fn by_ref_sync(&self, mut text: String) -> Result<String, Fault> {
        text.push('!');
        let call = self.flaky.call()?;
        Ok(format!("{text}{call}"))
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_mut(&mut self, sink: &mut Vec<u32>) -> Result<u32, Fault> {
        sink.push(self.flaky.calls());
        yield_now().await;
        self.log.push(self.flaky.calls());
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    fn by_mut_sync(&mut self, sink: &mut Vec<u32>) -> Result<u32, Fault> {
        sink.push(self.flaky.calls());
        self.log.push(self.flaky.calls());
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_arc(self: Arc<Self>) -> Result<u32, Fault> {
        yield_now().await;
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    fn by_arc_sync(self: Arc<Self>) -> Result<u32, Fault> {
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_box(self: Box<Self>) -> Result<u32, Fault> {
        yield_now().await;
        self.flaky.call()
    }

    #[allow(clippy::future_not_send, reason = "an `Rc` stays on its thread")]
    #[retry(max = 3, backoff = "none")]
    async fn by_rc(self: Rc<Self>) -> Result<u32, Fault> {
        yield_now().await;
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_pin(mut self: Pin<&mut Self>) -> Result<u32, Fault> {
        yield_now().await;
        self.log.push(0);
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    #[allow(clippy::needless_arbitrary_self_type, reason = "the long spelling is what is tested")]
    fn by_typed_ref(self: &Self) -> Result<u32, Fault> {
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    #[allow(clippy::needless_arbitrary_self_type, reason = "the long spelling is what is tested")]
    async fn by_typed_mut(self: &mut Self) -> Result<u32, Fault> {
        yield_now().await;
        self.log.push(1);
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_ref_to_arc(self: &Arc<Self>) -> Result<u32, Fault> {
        let held = Self::clone_of(self);
        yield_now().await;
        held.flaky.call()
    }

    fn clone_of(this: &Arc<Self>) -> Arc<Self> {
        Arc::clone(this)
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_value(self) -> Result<u32, Fault> {
        yield_now().await;
        self.flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_mut_value(mut self) -> Result<Vec<u32>, Fault> {
        self.log.push(self.flaky.calls());
        yield_now().await;
        self.flaky.call()?;
        Ok(self.log.clone())
    }

    #[timeout(secs = 1)]
    #[circuit_breaker]
    #[timeout(ms = 500)]
    async fn consumed(self, extra: Vec<u32>) -> Result<(Self, Vec<u32>), Fault> {
        yield_now().await;
        Ok((self, extra))
    }

    #[timeout(secs = 1, mode = "cooperative")]
    #[circuit_breaker]
    fn consumed_sync(mut self, extra: Vec<u32>) -> Result<Self, Fault> {
        self.log.extend(extra);
        Ok(self)
    }

    #[timeout(secs = 1)]
    async fn consumed_box(self: Box<Self>) -> Result<Self, Fault> {
        yield_now().await;
        Ok(*self)
    }

    #[timeout(secs = 1)]
    async fn consumed_pin(self: Pin<&mut Self>) -> Result<&mut Vec<u32>, Fault> {
        yield_now().await;
        Ok(&mut self.get_mut().log)
    }

    #[circuit_breaker]
    fn first(&mut self) -> Result<&mut u32, Fault> {
        self.log.first_mut().ok_or(Fault::Down)
    }

    #[timeout(secs = 1)]
    async fn last(&mut self) -> Result<&mut u32, Fault> {
        yield_now().await;
        self.log.last_mut().ok_or(Fault::Down)
    }

    #[retry(max = 3, backoff = "none")]
    async fn without_self(flaky: &Flaky) -> Result<Self, Fault> {
        yield_now().await;
        let call = flaky.call()?;
        Ok(Self { log: vec![call], ..Self::default() })
    }

    #[retry(max = 3, backoff = "none")]
    fn without_self_sync(flaky: &Flaky) -> Result<Self, Fault> {
        let call = flaky.call()?;
        Ok(Self { log: vec![call], ..Self::default() })
    }
}

#[tokio::test]
async fn a_shared_receiver_is_seen_by_every_attempt() {
    let service = Service::failing(2);
    assert_eq!(send(service.by_ref("a".into())).await.unwrap(), "a!3");
    assert_eq!(Service::failing(2).by_ref_sync("a".into()).unwrap(), "a!3");
    assert_eq!(Service::failing(2).by_typed_ref().unwrap(), 3);
    assert_eq!(send(Arc::new(Service::failing(2)).by_ref_to_arc()).await.unwrap(), 3);
}

/// BUG-C19.
#[tokio::test]
async fn a_mutable_receiver_is_reborrowed_by_every_attempt() {
    let (mut service, mut sink) = (Service::failing(2), Vec::new());
    assert_eq!(send(service.by_mut(&mut sink)).await.unwrap(), 3);
    assert_eq!((sink, service.log), (vec![0, 1, 2], vec![0, 1, 2]));

    let (mut service, mut sink) = (Service::failing(2), Vec::new());
    assert_eq!(service.by_mut_sync(&mut sink).unwrap(), 3);
    assert_eq!((sink, service.log), (vec![0, 1, 2], vec![0, 1, 2]));

    assert_eq!(send(Service::failing(1).by_typed_mut()).await.unwrap(), 2);
    assert_eq!(send(pin!(Service::failing(1)).by_pin()).await.unwrap(), 2);
}

#[tokio::test]
async fn an_owned_receiver_is_borrowed_by_every_attempt() {
    assert_eq!(send(Arc::new(Service::failing(2)).by_arc()).await.unwrap(), 3);
    assert_eq!(Arc::new(Service::failing(2)).by_arc_sync().unwrap(), 3);
    assert_eq!(send(Box::new(Service::failing(2)).by_box()).await.unwrap(), 3);
    assert_eq!(Rc::new(Service::failing(2)).by_rc().await.unwrap(), 3);
    assert_eq!(send(Service::failing(2).by_value()).await.unwrap(), 3);
}

#[tokio::test]
async fn limit_changes_to_an_owned_receiver_are_seen_by_the_next_attempt() {
    assert_eq!(send(Service::failing(2).by_mut_value()).await.unwrap(), [0, 1, 2]);
}

/// BUG-H2, BUG-H29.
#[tokio::test]
async fn a_body_that_runs_at_most_once_may_consume_its_receiver() {
    let (service, extra) = send(Service::default().consumed(vec![7])).await.unwrap();
    assert_eq!(service.consumed_sync(extra).unwrap().log, [7]);
    let boxed = Box::new(Service { log: vec![8], ..Service::default() });
    assert_eq!(send(boxed.consumed_box()).await.unwrap().log, [8]);
    assert_eq!(send(pin!(Service::default()).consumed_pin()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_body_that_runs_at_most_once_may_return_a_borrow_of_a_mutable_receiver() {
    let mut service = Service { log: vec![1, 2], ..Service::default() };
    *service.first().unwrap() += 10;
    *send(service.last()).await.unwrap() += 20;
    assert_eq!(service.log, [11, 22]);
}

#[tokio::test]
async fn an_associated_function_needs_no_receiver() {
    assert_eq!(send(Service::without_self(&Flaky::failing(2))).await.unwrap().log, [3]);
    assert_eq!(Service::without_self_sync(&Flaky::failing(2)).unwrap().log, [3]);
}

struct Model {
    id: u32,
    flaky: Flaky,
    spare_calls: AtomicU32,
}

impl Model {
    #[cached(key = (self.id, query))]
    #[timeout(secs = 10)]
    #[fallback(self.spare, Self::canned)]
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 1)]
    async fn ask(&self, query: String) -> Result<String, Fault> {
        yield_now().await;
        let call = self.flaky.call()?;
        Ok(format!("{query}{call}"))
    }

    async fn spare(&self, query: String) -> Result<String, Fault> {
        yield_now().await;
        self.spare_calls.fetch_add(1, SeqCst);
        if query == "easy" { Ok("spare".into()) } else { Err(Fault::Down) }
    }

    fn canned(query: String) -> Result<String, Fault> {
        if query.is_empty() { Err(Fault::Down) } else { Ok(query + " canned") }
    }
}

#[tokio::test(start_paused = true)]
async fn the_whole_stack_works_on_a_method() {
    let model = |id, failures| Model { id, flaky: Flaky::failing(failures), spare_calls: AtomicU32::new(0) };
    let up = model(1, 2);
    assert_eq!(send(up.ask("q".into())).await.unwrap(), "q3");
    assert_eq!(send(up.ask("q".into())).await.unwrap(), "q3", "kept");
    let down = model(2, u32::MAX);
    assert_eq!(down.ask("easy".into()).await.unwrap(), "spare");
    assert_eq!(down.ask("hard".into()).await.unwrap(), "hard canned");
    assert_eq!(down.ask(String::new()).await, Err(Fault::Down));
    assert_eq!((up.flaky.calls(), down.flaky.calls(), down.spare_calls.load(SeqCst)), (3, 9, 3));
}

struct Counter {
    value: u32,
    spare: u32,
}

impl Counter {
    #[fallback(self.reset)]
    #[retry(max = 2, backoff = "none")]
    async fn bump(&mut self, log: &mut Vec<u32>) -> Option<u32> {
        self.value += 1;
        log.push(self.value);
        yield_now().await;
        None
    }

    async fn reset(&mut self, log: &mut Vec<u32>) -> Option<u32> {
        yield_now().await;
        log.push(0);
        self.value = 0;
        Some(self.spare)
    }

    #[fallback(value = self.spare)]
    async fn or_spare(&mut self) -> Option<u32> {
        yield_now().await;
        self.spare += 1;
        None
    }

    #[fallback(value = self.spare)]
    fn or_spare_sync(&mut self) -> Option<u32> {
        self.spare += 1;
        None
    }
}

#[derive(Debug, PartialEq, Eq)]
struct TooFew {
    seen: usize,
    wanted: usize,
}

impl Counter {
    const fn goes_on(&self, fault: &TooFew) -> bool {
        fault.seen < fault.wanted && self.spare > 0
    }

    #[retry(max = 5, backoff = "none", when = self.goes_on)]
    async fn count(&mut self, log: &mut Vec<u32>) -> Result<u32, TooFew> {
        self.value += 1;
        yield_now().await;
        log.push(self.value);
        Err(TooFew { seen: log.len(), wanted: 3 })
    }

    #[retry(max = 5, backoff = "none", when = |fault| self.goes_on(fault))]
    fn count_sync(&mut self, log: &mut Vec<u32>) -> Result<u32, TooFew> {
        self.value += 1;
        log.push(self.value);
        Err(TooFew { seen: log.len(), wanted: 3 })
    }

    #[retry(max = 5, backoff = "none", when = self.goes_on)]
    async fn count_owned(self: Arc<Self>, log: &mut Vec<u32>) -> Result<u32, TooFew> {
        yield_now().await;
        log.push(self.value);
        Err(TooFew { seen: log.len(), wanted: 3 })
    }
}

#[tokio::test]
async fn a_predicate_may_use_the_receiver_between_attempts() {
    let mut counter = Counter { value: 0, spare: 5 };
    let enough = || Err(TooFew { seen: 3, wanted: 3 });
    assert_eq!(send(counter.count(&mut Vec::new())).await, enough());
    assert_eq!(counter.count_sync(&mut Vec::new()), enough());
    assert_eq!(counter.value, 6);
    assert_eq!(send(Arc::new(counter).count_owned(&mut Vec::new())).await, enough());
}

#[tokio::test]
async fn a_fallback_gets_the_mutable_receiver_after_the_attempts() {
    let (mut counter, mut log) = (Counter { value: 0, spare: 5 }, Vec::new());
    assert_eq!(send(counter.bump(&mut log)).await, Some(5));
    assert_eq!((log, counter.value), (vec![1, 2, 3, 0], 0));
    assert_eq!(send(counter.or_spare()).await, Some(6));
    assert_eq!(counter.or_spare_sync(), Some(7));
}
