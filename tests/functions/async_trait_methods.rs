//! Methods under `#[async_trait]`.

use std::sync::Arc;

use async_trait::async_trait;
use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

#[async_trait]
trait Backend: Send + Sync {
    async fn read(&self, (name, depth): (String, u32)) -> Result<String, Fault>;
    async fn write(&mut self, text: String, count: &mut u32) -> Result<String, Fault>;
    async fn once(&mut self, text: String) -> Result<String, Fault>;
    async fn shared(self: Arc<Self>, text: String) -> Result<String, Fault>;
    async fn boxed(self: Box<Self>, text: String) -> Result<String, Fault>;
    async fn whole_stack(&self, query: &str) -> Result<String, Fault>;

    #[retry(max = 3, backoff = "none")]
    async fn default_body(&self, mut text: String) -> Result<String, Fault> {
        text.push('?');
        self.read((text, 0)).await
    }
}

struct Memory {
    id: u32,
    flaky: Flaky,
    text: String,
}

impl Memory {
    const fn failing(id: u32, failures: u32) -> Self {
        Self { id, flaky: Flaky::failing(failures), text: String::new() }
    }

    async fn spare(&self, query: &str) -> Result<String, Fault> {
        yield_now().await;
        Ok(format!("spare {query} of {}", self.id))
    }
}

#[async_trait]
impl Backend for Memory {
    #[timeout(secs = 5)]
    #[retry(max = 3, backoff = "none")]
    async fn read(&self, (mut name, depth): (String, u32)) -> Result<String, Fault> {
        name.push('!');
        yield_now().await;
        let call = self.flaky.call()?;
        Ok(format!("{name}{depth}{call}"))
    }

    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 5)]
    async fn write(&mut self, text: String, count: &mut u32) -> Result<String, Fault> {
        *count += 1;
        self.text.push_str(&text);
        yield_now().await;
        self.flaky.call()?;
        Ok(self.text.clone())
    }

    #[timeout(secs = 5)]
    #[circuit_breaker(allow(late_timeout))]
    async fn once(&mut self, text: String) -> Result<String, Fault> {
        yield_now().await;
        self.text = text;
        Ok(self.text.clone())
    }

    #[retry(max = 3, backoff = "none")]
    async fn shared(self: Arc<Self>, text: String) -> Result<String, Fault> {
        yield_now().await;
        let call = self.flaky.call()?;
        Ok(format!("{text}{call}"))
    }

    #[retry(max = 3, backoff = "none")]
    async fn boxed(self: Box<Self>, text: String) -> Result<String, Fault> {
        yield_now().await;
        let call = self.flaky.call()?;
        Ok(format!("{text}{call}"))
    }

    #[cached(key = (self.id, query))]
    #[timeout(secs = 10)]
    #[fallback(self.spare)]
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 1)]
    async fn whole_stack(&self, query: &str) -> Result<String, Fault> {
        yield_now().await;
        let call = self.flaky.call()?;
        Ok(format!("{query}{call}"))
    }
}

/// BUG-H19.
#[tokio::test(start_paused = true)]
async fn every_receiver_works_under_async_trait() {
    let mut memory: Box<dyn Backend> = Box::new(Memory::failing(1, 2));
    let mut count = 0;
    assert_eq!(send(memory.write("a".into(), &mut count)).await.unwrap(), "aaa");
    assert_eq!(count, 3);
    assert_eq!(send(memory.read(("n".into(), 4))).await.unwrap(), "n!44");
    assert_eq!(memory.default_body("n".into()).await.unwrap(), "n?!05");
    assert_eq!(send(memory.once("b".into())).await.unwrap(), "b");
    assert_eq!(send(memory.boxed("c".into())).await.unwrap(), "c6");
    let shared: Arc<dyn Backend> = Arc::new(Memory::failing(2, 2));
    assert_eq!(send(shared.shared("c".into())).await.unwrap(), "c3");
}

/// BUG-H19.
#[tokio::test(start_paused = true)]
async fn the_whole_stack_works_under_async_trait() {
    let up: Box<dyn Backend> = Box::new(Memory::failing(3, 1));
    assert_eq!(send(up.whole_stack("q")).await.unwrap(), "q2");
    assert_eq!(send(up.whole_stack("q")).await.unwrap(), "q2", "kept");
    let down: Box<dyn Backend> = Box::new(Memory::failing(4, u32::MAX));
    assert_eq!(send(down.whole_stack("q")).await.unwrap(), "spare q of 4");
}

#[async_trait(?Send)]
trait Local {
    async fn local<T: Clone + Into<String>>(&mut self, text: T) -> Result<String, Fault>
    where
        T: 'static;
}

#[async_trait(?Send)]
impl Local for std::rc::Rc<Flaky> {
    #[retry(max = 3, backoff = "none")]
    async fn local<T: Clone + Into<String>>(&mut self, text: T) -> Result<String, Fault>
    where
        T: 'static,
    {
        let held = Self::clone(self);
        yield_now().await;
        held.call()?;
        Ok(text.into())
    }
}

#[tokio::test]
async fn non_send_futures_work_under_async_trait() {
    let mut flaky = std::rc::Rc::new(Flaky::failing(3));
    assert_eq!(flaky.local("x").await.unwrap(), "x");
}

/// `instrument` parses the expansion below it. It enters the span for each poll only if it finds the future there.
#[tokio::test]
async fn an_attribute_of_another_crate_finds_the_future_between_two_of_ours() {
    use tracing::{Span, instrument};

    #[async_trait]
    trait Spans {
        async fn around_a_gate(&self) -> Result<bool, Fault>;
        async fn around_gates_and_a_limit(&self) -> Result<bool, Fault>;
        async fn around_a_fallback(&self) -> Result<bool, Fault>;
        async fn around_a_cache(&self) -> Result<bool, Fault>;
    }

    async fn is_in_span(name: &str) -> Result<bool, Fault> {
        yield_now().await;
        Ok(Span::current().metadata().is_some_and(|span| span.name() == name))
    }

    #[async_trait]
    impl Spans for Memory {
        #[retry(max = 1)]
        #[instrument(name = "gate", skip_all, err)]
        #[circuit_breaker]
        async fn around_a_gate(&self) -> Result<bool, Fault> {
            is_in_span("gate").await
        }

        #[retry(max = 1)]
        #[instrument(name = "gates", skip_all)]
        #[bulkhead(max = 3)]
        #[timeout(secs = 9)]
        #[rate_limit(max = 3)]
        #[timeout(secs = 3)]
        async fn around_gates_and_a_limit(&self) -> Result<bool, Fault> {
            is_in_span("gates").await
        }

        #[circuit_breaker]
        #[instrument(name = "fallback", skip_all)]
        #[fallback(value = false, when = Fault::is_timeout)]
        #[timeout(secs = 3)]
        async fn around_a_fallback(&self) -> Result<bool, Fault> {
            is_in_span("fallback").await
        }

        #[retry(max = 1)]
        #[instrument(name = "cache", skip_all, ret)]
        #[cached(key = self.id)]
        async fn around_a_cache(&self) -> Result<bool, Fault> {
            is_in_span("cache").await
        }
    }

    let memory = Memory::failing(5, 0);
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry());
    assert_eq!(send(memory.around_a_gate()).await, Ok(true));
    assert_eq!(send(memory.around_gates_and_a_limit()).await, Ok(true));
    assert_eq!(send(memory.around_a_fallback()).await, Ok(true));
    assert_eq!(send(memory.around_a_cache()).await, Ok(true));
}
