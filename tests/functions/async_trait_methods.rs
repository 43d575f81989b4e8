//! Methods under `#[async_trait]`.

use std::sync::Arc;

use async_trait::async_trait;
use resilience::{cached, circuit_breaker, fallback, retry, timeout};
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
