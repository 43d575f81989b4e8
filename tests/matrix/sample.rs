// Written by `generate.rs`, not by hand.

use super::support::*;

// async, Exclusive, Generic, Object, Question, [Retry]
impl Host {
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    async fn with_0093<T: Clone + Display>(&mut self, value: T) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = show(value);
        pause().await;
        self.flaky.result()?;
        Ok(Box::new(text))
    }

    async fn plain_0093<T: Clone + Display>(&mut self, value: T) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = show(value);
        pause().await;
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

#[tokio::test(start_paused = true)]
async fn case_0093() {
    let mut host = Host::failing(0);
    let up = send(host.plain_0093("text".to_owned())).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_0093("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_0093("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, TraitExclusive, None, Alias, Question, [Retry]
trait Trait0121 {
    async fn with_0121(&mut self) -> Answer<String>;
}

impl Trait0121 for Host {
    #[retry(max = 3, backoff = "none")]
    async fn with_0121(&mut self) -> Answer<String> {
        self.touched += 1;
        let text = String::from("alone");
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait0121 for Twin {
    async fn with_0121(&mut self) -> Answer<String> {
        self.touched += 1;
        let text = String::from("alone");
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_0121() {
    let mut host = Twin::failing(0);
    let up = send(host.with_0121()).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_0121()).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_0121()).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, None, Io, Items, [Breaker]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
fn with_0264(flaky: &Flaky) -> io::Result<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = String::from("alone");
    flaky.io()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

fn plain_0264(flaky: &Flaky) -> io::Result<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = String::from("alone");
    flaky.io()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

#[test]
fn case_0264() {
    let flaky = Flaky::failing(0);
    let up = plain_0264(&flaky).seen();
    let flaky = Flaky::failing(1);
    let down = plain_0264(&flaky).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_0264(&flaky).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Generic, Option, Tail, [Cached]
#[cached(skip(flaky), ttl = 600)]
fn with_0400<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(flaky: &Flaky, value: T) -> Option<String> {
    let text = show(value);
    if flaky.up() { Some(text) } else { None }
}

fn plain_0400<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(flaky: &Flaky, value: T) -> Option<String> {
    let text = show(value);
    if flaky.up() { Some(text) } else { None }
}

#[test]
fn case_0400() {
    let flaky = Flaky::failing(0);
    let up = plain_0400(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_0400(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_0400(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_0400(&flaky, "other".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_0400(&flaky, "other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_0400(&flaky, "other".to_owned()).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Impl, Object, Closure, [Cached]
impl Host {
    #[cached(key = text.as_ref())]
    fn with_0411(&self, text: impl AsRef<str> + Clone) -> Result<Shared, Fault> {
        let text = show(text.as_ref());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }

    fn plain_0411(&self, text: impl AsRef<str> + Clone) -> Result<Shared, Fault> {
        let text = show(text.as_ref());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_0411() {
    let host = Host::failing(0);
    let up = host.plain_0411("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_0411("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_0411("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_0411("other").seen();
    let host = Host::failing(1);
    let down = host.plain_0411("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_0411("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, TraitExclusive, None, Result, Items, [Fallback]
trait Trait0531 {
    fn with_0531(&mut self) -> Result<String, Fault>;
}

impl Trait0531 for Host {
    #[fallback(Self::spare_0531)]
    fn with_0531(&mut self) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = String::from("alone");
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

impl Trait0531 for Twin {
    fn with_0531(&mut self) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = String::from("alone");
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_0531() -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_0531() {
    let mut host = Twin::failing(0);
    let up = host.with_0531().seen();
    let mut host = Twin::failing(1);
    let down = host.with_0531().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_0531().seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Sink, Alias, Loop, [Retry, Timeout]
impl Host {
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_0626(self: Arc<Self>, sink: &mut Vec<u32>) -> Answer<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_0626(self: Arc<Self>, sink: &mut Vec<u32>) -> Answer<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_0626() {
    let mut sink = vec![0];
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_0626(&mut sink).seen();
    let mut sink = vec![0];
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_0626(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_0626(&mut sink).seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Borrowed, Object, Tail, [Retry, Timeout]
trait Trait0631 {
    fn with_0631(&self, _: &str) -> Result<Boxed, Fault>;
}

impl Trait0631 for Host {
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_0631(&self, text: &str) -> Result<Boxed, Fault> {
        let text = text.to_owned() + "!";
        if self.flaky.up() { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }
}

impl Trait0631 for Twin {
    fn with_0631(&self, text: &str) -> Result<Boxed, Fault> {
        let text = text.to_owned() + "!";
        if self.flaky.up() { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_0631() {
    let host = Twin::failing(0);
    let up = host.with_0631("text").seen();
    let host = Twin::failing(1);
    let down = host.with_0631("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_0631("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Wild, Object, Question, [Timeout, Retry]
#[timeout(secs = 60, mode = "cooperative")]
#[retry(max = 3, backoff = "none")]
fn with_0784(flaky: &Flaky, _: String) -> Result<Boxed, Fault> {
    let text = String::from("alone");
    flaky.result()?;
    Ok(Box::new(text))
}

fn plain_0784(flaky: &Flaky, _: String) -> Result<Boxed, Fault> {
    let text = String::from("alone");
    flaky.result()?;
    Ok(Box::new(text))
}

#[test]
fn case_0784() {
    let flaky = Flaky::failing(0);
    let up = plain_0784(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_0784(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_0784(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Sink, Alias, Closure, [Timeout, Retry]
trait Trait0809 {
    fn with_0809(&mut self, _: &mut Vec<u32>) -> Answer<String>;
}

impl Trait0809 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry(max = 3, backoff = "none")]
    fn with_0809(&mut self, sink: &mut Vec<u32>) -> Answer<String> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait0809 for Twin {
    fn with_0809(&mut self, sink: &mut Vec<u32>) -> Answer<String> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_0809() {
    let mut sink = vec![0];
    let mut host = Twin::failing(0);
    let up = host.with_0809(&mut sink).seen();
    let mut sink = vec![0];
    let mut host = Twin::failing(1);
    let down = host.with_0809(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = host.with_0809(&mut sink).seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Sink, Alias, Items, [Timeout, Breaker]
#[timeout(secs = 60, mode = "cooperative")]
#[circuit_breaker(failure_threshold = 100)]
fn with_0848(flaky: &Flaky, sink: &mut Vec<u32>) -> Answer<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    sink.push(7);
    let text = format!("{:?}", sink.last());
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

fn plain_0848(flaky: &Flaky, sink: &mut Vec<u32>) -> Answer<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    sink.push(7);
    let text = format!("{:?}", sink.last());
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

#[test]
fn case_0848() {
    let mut sink = vec![0];
    let flaky = Flaky::failing(0);
    let up = plain_0848(&flaky, &mut sink).seen();
    let mut sink = vec![0];
    let flaky = Flaky::failing(1);
    let down = plain_0848(&flaky, &mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let flaky = Flaky::failing(failures);
        let seen = with_0848(&flaky, &mut sink).seen();
        let calls = [flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Borrowed, Option, Question, [Timeout, Cached]
#[timeout(secs = 60, mode = "cooperative")]
#[cached(skip(flaky), ttl = 600)]
fn with_0913(flaky: &Flaky, text: &str) -> Option<String> {
    let text = text.to_owned() + "!";
    flaky.option()?;
    Some(text)
}

fn plain_0913(flaky: &Flaky, text: &str) -> Option<String> {
    let text = text.to_owned() + "!";
    flaky.option()?;
    Some(text)
}

#[test]
fn case_0913() {
    let flaky = Flaky::failing(0);
    let up = plain_0913(&flaky, "text").seen();
    let flaky = Flaky::failing(1);
    let down = plain_0913(&flaky, "text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_0913(&flaky, "text").seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_0913(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_0913(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_0913(&flaky, "other").seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Wild, Alias, Return, [Timeout, Cached]
#[timeout(secs = 60, mode = "cooperative")]
#[cached(skip(flaky), ttl = 600)]
fn with_0916(flaky: &Flaky, _: String) -> Answer<String> {
    let text = String::from("alone");
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

fn plain_0916(flaky: &Flaky, _: String) -> Answer<String> {
    let text = String::from("alone");
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

#[test]
fn case_0916() {
    let flaky = Flaky::failing(0);
    let up = plain_0916(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_0916(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_0916(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, None, Object, Return, [Timeout, Cached]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[cached(skip(self))]
    fn with_0917(&self) -> Result<Shared, Fault> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(Arc::new(text));
        }
        Err(Fault::Down)
    }

    fn plain_0917(&self) -> Result<Shared, Fault> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(Arc::new(text));
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_0917() {
    let host = Host::failing(0);
    let up = host.plain_0917().seen();
    let host = Host::failing(1);
    let down = host.plain_0917().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_0917().seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Impl, Result, Tail, [Timeout, Cached]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[cached(key = text.as_ref())]
    fn with_0919(&self, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
        let text = show(text.as_ref());
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_0919(&self, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
        let text = show(text.as_ref());
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_0919() {
    let host = Host::failing(0);
    let up = host.plain_0919("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_0919("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_0919("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_0919("other").seen();
    let host = Host::failing(1);
    let down = host.plain_0919("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_0919("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Sink, Option, Tail, [Timeout, Fallback]
trait Trait0976 {
    fn with_0976(&self, _: &mut Vec<u32>) -> Option<String>;
}

impl Trait0976 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[fallback(Self::spare_0976)]
    fn with_0976(&self, sink: &mut Vec<u32>) -> Option<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() { Some(text) } else { None }
    }
}

impl Trait0976 for Twin {
    fn with_0976(&self, sink: &mut Vec<u32>) -> Option<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() { Some(text) } else { None }
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_0976(_: &mut Vec<u32>) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_0976() {
    let mut sink = vec![0];
    let host = Twin::failing(0);
    let up = host.with_0976(&mut sink).seen();
    let mut sink = vec![0];
    let host = Twin::failing(1);
    let down = host.with_0976(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Host::failing(failures);
        let seen = host.with_0976(&mut sink).seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Sink, Object, Items, [Breaker, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_1097(&mut self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }

    fn plain_1097(&mut self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }
}

#[test]
fn case_1097() {
    let mut sink = vec![0];
    let mut host = Host::failing(0);
    let up = host.plain_1097(&mut sink).seen();
    let mut sink = vec![0];
    let mut host = Host::failing(1);
    let down = host.plain_1097(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = host.with_1097(&mut sink).seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Owned, Io, Loop, [Cached, Retry]
impl Host {
    #[cached(skip(self))]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_1196(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_1196(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.io()?;
        Ok(text)
    }
}

#[test]
fn case_1196() {
    let host = Host::failing(0);
    let up = host.plain_1196("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_1196("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1196("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_1196("other".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_1196("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1196("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Shared, Mutable, Result, Tail, [Cached, Retry]
impl Host {
    #[cached(skip(self))]
    #[retry(base_delay = "10ms")]
    async fn with_1218(&self, mut text: String) -> Result<String, Fault> {
        text.push('!');
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    async fn plain_1218(&self, mut text: String) -> Result<String, Fault> {
        text.push('!');
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_1218() {
    let host = Host::failing(0);
    let up = send(host.plain_1218("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_1218("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_1218("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_1218("other".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_1218("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_1218("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Trait, Wild, Result, Question, [Cached, Retry]
trait Trait1229 {
    async fn with_1229(&self, _: String) -> Result<String, Fault>;
}

impl Trait1229 for Host {
    #[cached(skip(self))]
    #[retry(base_delay = "10ms")]
    async fn with_1229(&self, _: String) -> Result<String, Fault> {
        let text = String::from("alone");
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait1229 for Twin {
    async fn with_1229(&self, _: String) -> Result<String, Fault> {
        let text = String::from("alone");
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_1229() {
    let host = Twin::failing(0);
    let up = send(host.with_1229("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1229("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_1229("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Copied, Io, Loop, [Cached, Timeout]
impl Host {
    #[cached(skip(self))]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    fn with_1235(&self, number: u32) -> io::Result<String> {
        let text = show(number + 1);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_1235(&self, number: u32) -> io::Result<String> {
        let text = show(number + 1);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.io()?;
        Ok(text)
    }
}

#[test]
fn case_1235() {
    let host = Host::failing(0);
    let up = host.plain_1235(7).seen();
    let host = Host::failing(1);
    let down = host.plain_1235(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1235(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_1235(8).seen();
    let host = Host::failing(1);
    let down = host.plain_1235(8).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1235(8).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Impl, Object, Loop, [Cached, Fallback]
#[cached(key = text.as_ref())]
#[fallback(spare_1312)]
fn with_1312(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<Shared, Fault> {
    let text = show(text.as_ref());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..2 {
            rounds += 1;
            if step == 0 {
                continue;
            }
            if rounds < 4 {
                continue 'outer;
            }
            break 'outer text;
        }
    };
    flaky.result()?;
    Ok(Arc::new(text))
}

fn plain_1312(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<Shared, Fault> {
    let text = show(text.as_ref());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..2 {
            rounds += 1;
            if step == 0 {
                continue;
            }
            if rounds < 4 {
                continue 'outer;
            }
            break 'outer text;
        }
    };
    flaky.result()?;
    Ok(Arc::new(text))
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_1312(_: &Flaky, _: impl AsRef<str> + Clone) -> Result<Shared, Fault> {
    Ok(Arc::new(spare()))
}

#[test]
fn case_1312() {
    let flaky = Flaky::failing(0);
    let up = plain_1312(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1312(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1312(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_1312(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_1312(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_1312(&flaky, "other").seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, TraitExclusive, Owned, Result, Items, [Fallback, Breaker]
trait Trait1543 {
    async fn with_1543(&mut self, _: String) -> Result<String, Fault>;
}

impl Trait1543 for Host {
    #[fallback(|_error| Ok(spare()))]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_1543(&mut self, text: String) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = text + "!";
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

impl Trait1543 for Twin {
    async fn with_1543(&mut self, text: String) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = text + "!";
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_1543() {
    let mut host = Twin::failing(0);
    let up = send(host.with_1543("text".to_owned())).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_1543("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_1543("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Owned, Alias, Return, [Fallback, Cached]
#[fallback(spare_1549)]
#[cached(skip(flaky), ttl = 600)]
fn with_1549(flaky: &Flaky, text: String) -> Answer<String> {
    let text = text + "!";
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

fn plain_1549(flaky: &Flaky, text: String) -> Answer<String> {
    let text = text + "!";
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_1549(_: &Flaky, _: String) -> Answer<String> {
    Ok(spare())
}

#[test]
fn case_1549() {
    let flaky = Flaky::failing(0);
    let up = plain_1549(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1549(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1549(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_1549(&flaky, "other".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1549(&flaky, "other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_1549(&flaky, "other".to_owned()).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Array, Object, Items, [Fallback, Cached]
#[fallback(value = Arc::new(spare()))]
#[cached(skip(flaky), ttl = 600)]
fn with_1552<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Result<Shared, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = format!("{N} {}", list.iter().sum::<u32>());
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(Arc::new(text))
}

fn plain_1552<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Result<Shared, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = format!("{N} {}", list.iter().sum::<u32>());
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(Arc::new(text))
}

#[test]
fn case_1552() {
    let flaky = Flaky::failing(0);
    let up = plain_1552(&flaky, [1, 2, 3]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1552(&flaky, [1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1552(&flaky, [1, 2, 3]).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_1552(&flaky, [1, 5]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1552(&flaky, [1, 5]).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_1552(&flaky, [1, 5]).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Wild, Result, Items, [Fallback, Cached]
impl Host {
    #[fallback(|_error| Ok(spare()))]
    #[cached(skip(self))]
    fn with_1557(&self, _: String) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    fn plain_1557(&self, _: String) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[test]
fn case_1557() {
    let host = Host::failing(0);
    let up = host.plain_1557("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_1557("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1557("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Mutable, Option, Items, [Retry, Timeout, Breaker]
trait Trait1593 {
    fn with_1593(&mut self, _: String) -> Option<String>;
}

impl Trait1593 for Host {
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[timeout(secs = 55, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1593(&mut self, mut text: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        text.push('!');
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

impl Trait1593 for Twin {
    fn with_1593(&mut self, mut text: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        text.push('!');
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[test]
fn case_1593() {
    let mut host = Twin::failing(0);
    let up = host.with_1593("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_1593("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_1593("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Pair, Result, Return, [Retry, Timeout, Cached]
impl Host {
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[cached(skip(self))]
    fn with_1601(self: Arc<Self>, (first, second): (String, u32)) -> Result<String, Fault> {
        let text = first + &second.to_string();
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_1601(self: Arc<Self>, (first, second): (String, u32)) -> Result<String, Fault> {
        let text = first + &second.to_string();
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_1601() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_1601(("text".to_owned(), 7)).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_1601(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_1601(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_1601(("text".to_owned(), 8)).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_1601(("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_1601(("text".to_owned(), 8)).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Trait, Owned, Io, Closure, [Retry, Cached, Timeout]
trait Trait1645 {
    async fn with_1645(&self, _: String) -> io::Result<String>;
}

impl Trait1645 for Host {
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    #[cached(skip(self))]
    #[timeout(secs = 50, map_err = to_io)]
    async fn with_1645(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

impl Trait1645 for Twin {
    async fn with_1645(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_1645() {
    let host = Twin::failing(0);
    let up = send(host.with_1645("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1645("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_1645("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_1645("other".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1645("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_1645("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Exclusive, Impl, Result, Tail, [Timeout, Retry, Breaker]
impl Host {
    #[timeout(secs = 60)]
    #[retry(base_delay = "10ms")]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_1668(&mut self, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
        self.touched += 1;
        let text = show(text.as_ref());
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    async fn plain_1668(&mut self, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
        self.touched += 1;
        let text = show(text.as_ref());
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_1668() {
    let mut host = Host::failing(0);
    let up = send(host.plain_1668("text".to_owned())).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_1668("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_1668("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Array, Option, Items, [Timeout, Cached, Retry]
#[timeout(secs = 60, mode = "cooperative")]
#[cached(skip(flaky), ttl = 600)]
#[retry(attempts = 4, backoff = "none", when = always)]
fn with_1700<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Option<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = format!("{N} {}", list.iter().sum::<u32>());
    flaky.option()?;
    let Marked(text) = marked(&text);
    Some(text)
}

fn plain_1700<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Option<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = format!("{N} {}", list.iter().sum::<u32>());
    flaky.option()?;
    let Marked(text) = marked(&text);
    Some(text)
}

#[test]
fn case_1700() {
    let flaky = Flaky::failing(0);
    let up = plain_1700(&flaky, [1, 2, 3]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1700(&flaky, [1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1700(&flaky, [1, 2, 3]).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_1700(&flaky, [1, 5]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1700(&flaky, [1, 5]).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_1700(&flaky, [1, 5]).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Copied, Object, Loop, [Timeout, Cached, Breaker]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1709(&self, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(Arc::new(text))
    }

    fn plain_1709(&self, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(Arc::new(text))
    }
}

#[test]
fn case_1709() {
    let host = Host::failing(0);
    let up = host.plain_1709(7).seen();
    let host = Host::failing(1);
    let down = host.plain_1709(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1709(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_1709(8).seen();
    let host = Host::failing(1);
    let down = host.plain_1709(8).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1709(8).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Trait, Mutable, Object, Tail, [Timeout, Fallback, Cached]
trait Trait1749 {
    async fn with_1749(&self, _: String) -> Result<Shared, Fault>;
}

impl Trait1749 for Host {
    #[timeout(secs = 60)]
    #[fallback(|_error| Ok(Arc::new(spare()) as Shared))]
    #[cached(skip(self))]
    async fn with_1749(&self, mut text: String) -> Result<Shared, Fault> {
        text.push('!');
        pause().await;
        if self.flaky.up() { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }
}

impl Trait1749 for Twin {
    async fn with_1749(&self, mut text: String) -> Result<Shared, Fault> {
        text.push('!');
        pause().await;
        if self.flaky.up() { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_1749() {
    let host = Twin::failing(0);
    let up = send(host.with_1749("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1749("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_1749("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_1749("other".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1749("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_1749("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, TraitExclusive, Array, Object, Return, [Breaker, Retry, Timeout]
trait Trait1755 {
    fn with_1755<const N: usize>(&mut self, _: [u32; N]) -> Result<Boxed, Fault>;
}

impl Trait1755 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_1755<const N: usize>(&mut self, list: [u32; N]) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }
}

impl Trait1755 for Twin {
    fn with_1755<const N: usize>(&mut self, list: [u32; N]) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_1755() {
    let mut host = Twin::failing(0);
    let up = host.with_1755([1, 2, 3]).seen();
    let mut host = Twin::failing(1);
    let down = host.with_1755([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_1755([1, 2, 3]).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Arc, Wild, Io, Items, [Breaker, Retry, Cached]
impl Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[retry(base_delay = "10ms")]
    #[cached(skip(self))]
    async fn with_1768(self: Arc<Self>, _: String) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        pause().await;
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    async fn plain_1768(self: Arc<Self>, _: String) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        pause().await;
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_1768() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_1768("text".to_owned())).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_1768("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_1768("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Owned, Io, Tail, [Breaker, Timeout, Fallback]
impl Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    #[fallback(Self::spare_1793)]
    fn with_1793(self: Arc<Self>, text: String) -> io::Result<String> {
        let text = text + "!";
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }

    fn plain_1793(self: Arc<Self>, text: String) -> io::Result<String> {
        let text = text + "!";
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_1793(_: String) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_1793() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_1793("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_1793("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_1793("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Arc, Borrowed, Object, Items, [Breaker, Cached, Retry]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[retry(max = 3, backoff = "none")]
    async fn with_1807(self: Arc<Self>, text: &str) -> Result<Shared, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Arc::new(text))
    }

    async fn plain_1807(self: Arc<Self>, text: &str) -> Result<Shared, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Arc::new(text))
    }
}

#[tokio::test(start_paused = true)]
async fn case_1807() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_1807("text")).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_1807("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_1807("text")).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_1807("other")).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_1807("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_1807("other")).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Trait, Owned, Alias, Return, [Cached, Timeout, Retry]
trait Trait1845 {
    async fn with_1845(&self, _: String) -> Answer<String>;
}

impl Trait1845 for Host {
    #[cached(skip(self))]
    #[timeout(secs = 55)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    async fn with_1845(&self, text: String) -> Answer<String> {
        let text = text + "!";
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

impl Trait1845 for Twin {
    async fn with_1845(&self, text: String) -> Answer<String> {
        let text = text + "!";
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[tokio::test(start_paused = true)]
async fn case_1845() {
    let host = Twin::failing(0);
    let up = send(host.with_1845("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1845("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_1845("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_1845("other".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1845("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_1845("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Array, Io, Items, [Cached, Timeout, Breaker]
#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
fn with_1846<const N: usize>(flaky: &Flaky, list: [u32; N]) -> io::Result<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = format!("{N} {}", list.iter().sum::<u32>());
    flaky.io()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

fn plain_1846<const N: usize>(flaky: &Flaky, list: [u32; N]) -> io::Result<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = format!("{N} {}", list.iter().sum::<u32>());
    flaky.io()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

#[test]
fn case_1846() {
    let flaky = Flaky::failing(0);
    let up = plain_1846(&flaky, [1, 2, 3]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1846(&flaky, [1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1846(&flaky, [1, 2, 3]).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_1846(&flaky, [1, 5]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1846(&flaky, [1, 5]).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_1846(&flaky, [1, 5]).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Borrowed, Option, Loop, [Cached, Timeout, Breaker]
trait Trait1849 {
    fn with_1849(&self, _: &str) -> Option<String>;
}

impl Trait1849 for Host {
    #[cached(skip(self))]
    #[timeout(secs = 55, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1849(&self, text: &str) -> Option<String> {
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait1849 for Twin {
    fn with_1849(&self, text: &str) -> Option<String> {
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

#[test]
fn case_1849() {
    let host = Twin::failing(0);
    let up = host.with_1849("text").seen();
    let host = Twin::failing(1);
    let down = host.with_1849("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1849("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_1849("other").seen();
    let host = Twin::failing(1);
    let down = host.with_1849("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1849("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Generic, Alias, Return, [Cached, Breaker, Retry]
trait Trait1862 {
    fn with_1862<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, _: T) -> Answer<String>;
}

impl Trait1862 for Host {
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max = 3, backoff = "none")]
    fn with_1862<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Answer<String> {
        let text = show(value);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

impl Trait1862 for Twin {
    fn with_1862<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Answer<String> {
        let text = show(value);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_1862() {
    let host = Twin::failing(0);
    let up = host.with_1862("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_1862("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1862("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_1862("other".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_1862("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1862("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Arc, Wild, Object, Question, [Cached, Fallback, Breaker]
impl Host {
    #[cached(skip(self))]
    #[fallback(value = Arc::new(spare()))]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1890(self: Arc<Self>, _: String) -> Result<Shared, Fault> {
        let text = String::from("alone");
        self.flaky.result()?;
        Ok(Arc::new(text))
    }

    fn plain_1890(self: Arc<Self>, _: String) -> Result<Shared, Fault> {
        let text = String::from("alone");
        self.flaky.result()?;
        Ok(Arc::new(text))
    }
}

#[test]
fn case_1890() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_1890("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_1890("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_1890("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Owned, Option, Return, [Fallback, Timeout, Breaker]
impl Host {
    #[fallback(Self::spare_1948)]
    #[timeout(secs = 55)]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_1948(&mut self, text: String) -> Option<String> {
        self.touched += 1;
        let text = text + "!";
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }

    async fn plain_1948(&mut self, text: String) -> Option<String> {
        self.touched += 1;
        let text = text + "!";
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_1948(_: String) -> Option<String> {
        Some(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_1948() {
    let mut host = Host::failing(0);
    let up = send(host.plain_1948("text".to_owned())).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_1948("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_1948("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Free, Copied, Io, Tail, [Fallback, Timeout, Cached]
#[fallback(spare_1955)]
#[timeout(secs = 55, map_err = to_io)]
#[cached(skip(flaky), ttl = 600)]
async fn with_1955(flaky: &Flaky, number: u32) -> io::Result<String> {
    let text = show(number + 1);
    pause().await;
    if flaky.up() { Ok(text) } else { Err(down()) }
}

async fn plain_1955(flaky: &Flaky, number: u32) -> io::Result<String> {
    let text = show(number + 1);
    pause().await;
    if flaky.up() { Ok(text) } else { Err(down()) }
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_1955(_: &Flaky, _: u32) -> io::Result<String> {
    Ok(spare())
}

#[tokio::test(start_paused = true)]
async fn case_1955() {
    let flaky = Flaky::failing(0);
    let up = send(plain_1955(&flaky, 7)).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_1955(&flaky, 7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_1955(&flaky, 7)).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_1955(&flaky, 8)).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_1955(&flaky, 8)).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_1955(&flaky, 8)).await.seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Exclusive, Sink, Io, Closure, [Fallback, Breaker, Retry]
impl Host {
    #[fallback(value = spare())]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    async fn with_1966(&mut self, sink: &mut Vec<u32>) -> io::Result<String> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }

    async fn plain_1966(&mut self, sink: &mut Vec<u32>) -> io::Result<String> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_1966() {
    let mut sink = vec![0];
    let mut host = Host::failing(0);
    let up = send(host.plain_1966(&mut sink)).await.seen();
    let mut sink = vec![0];
    let mut host = Host::failing(1);
    let down = send(host.plain_1966(&mut sink)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = send(host.with_1966(&mut sink)).await.seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Pair, Alias, Items, [Fallback, Cached, Breaker]
#[fallback(spare_2004)]
#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100)]
fn with_2004(flaky: &Flaky, (first, second): (String, u32)) -> Answer<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = first + &second.to_string();
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

fn plain_2004(flaky: &Flaky, (first, second): (String, u32)) -> Answer<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = first + &second.to_string();
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2004(_: &Flaky, _: (String, u32)) -> Answer<String> {
    Ok(spare())
}

#[test]
fn case_2004() {
    let flaky = Flaky::failing(0);
    let up = plain_2004(&flaky, ("text".to_owned(), 7)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2004(&flaky, ("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2004(&flaky, ("text".to_owned(), 7)).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2004(&flaky, ("text".to_owned(), 8)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2004(&flaky, ("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2004(&flaky, ("text".to_owned(), 8)).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Shared, Wild, Alias, Tail, [Retry, Timeout, Breaker, Cached]
impl Host {
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    #[timeout(secs = 55)]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    async fn with_2013(&self, _: String) -> Answer<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    async fn plain_2013(&self, _: String) -> Answer<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2013() {
    let host = Host::failing(0);
    let up = send(host.plain_2013("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2013("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2013("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, None, Io, Return, [Retry, Timeout, Cached, Fallback]
trait Trait2016 {
    fn with_2016(&self) -> io::Result<String>;
}

impl Trait2016 for Host {
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    #[cached(skip(self))]
    #[fallback(Self::spare_2016)]
    fn with_2016(&self) -> io::Result<String> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

impl Trait2016 for Twin {
    fn with_2016(&self) -> io::Result<String> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2016() -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_2016() {
    let host = Twin::failing(0);
    let up = host.with_2016().seen();
    let host = Twin::failing(1);
    let down = host.with_2016().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2016().seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Trait, Borrowed, Alias, Items, [Retry, Breaker, Cached, Fallback]
trait Trait2029 {
    async fn with_2029(&self, _: &str) -> Answer<String>;
}

impl Trait2029 for Host {
    #[retry(base_delay = "10ms")]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[fallback(|_error| Ok(spare()))]
    async fn with_2029(&self, text: &str) -> Answer<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

impl Trait2029 for Twin {
    async fn with_2029(&self, text: &str) -> Answer<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2029() {
    let host = Twin::failing(0);
    let up = send(host.with_2029("text")).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2029("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2029("text")).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_2029("other")).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2029("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2029("other")).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Arc, None, Option, Loop, [Timeout, Retry, Cached, Breaker]
impl Host {
    #[timeout(secs = 60)]
    #[retry(max = 3, backoff = "none")]
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_2037(self: Arc<Self>) -> Option<String> {
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }

    async fn plain_2037(self: Arc<Self>) -> Option<String> {
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2037() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2037()).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2037()).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2037()).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Generic, Io, Question, [Timeout, Cached, Retry, Breaker]
impl Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[cached(skip(self))]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    fn with_2044<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> io::Result<String> {
        let text = show(value);
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_2044<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> io::Result<String> {
        let text = show(value);
        self.flaky.io()?;
        Ok(text)
    }
}

#[test]
fn case_2044() {
    let host = Host::failing(0);
    let up = host.plain_2044("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2044("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2044("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2044("other".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2044("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2044("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Exclusive, Copied, Option, Items, [Breaker, Retry, Timeout, Fallback]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 50, mode = "cooperative")]
    #[fallback(value = spare())]
    fn with_2060(&mut self, number: u32) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = show(number + 1);
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    fn plain_2060(&mut self, number: u32) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = show(number + 1);
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[test]
fn case_2060() {
    let mut host = Host::failing(0);
    let up = host.plain_2060(7).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2060(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2060(7).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Copied, Object, Closure, [Breaker, Retry, Cached, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[cached(skip(self))]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2062(self: Arc<Self>, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }

    fn plain_2062(self: Arc<Self>, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2062() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2062(7).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2062(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2062(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2062(8).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2062(8).seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_2062(8).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Shared, Borrowed, Option, Question, [Breaker, Timeout, Retry, Cached]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 55)]
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    #[cached(skip(self))]
    async fn with_2067(&self, text: &str) -> Option<String> {
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.option()?;
        Some(text)
    }

    async fn plain_2067(&self, text: &str) -> Option<String> {
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.option()?;
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2067() {
    let host = Host::failing(0);
    let up = send(host.plain_2067("text")).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2067("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2067("text")).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_2067("other")).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2067("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2067("other")).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, TraitExclusive, Generic, Io, Loop, [Breaker, Timeout, Fallback, Retry]
trait Trait2071 {
    async fn with_2071<T: Clone + Display>(&mut self, _: T) -> io::Result<String>;
}

impl Trait2071 for Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[timeout(secs = 55, map_err = to_io)]
    #[fallback(|_error| Ok(spare()))]
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    async fn with_2071<T: Clone + Display>(&mut self, value: T) -> io::Result<String> {
        self.touched += 1;
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.io()?;
        Ok(text)
    }
}

impl Trait2071 for Twin {
    async fn with_2071<T: Clone + Display>(&mut self, value: T) -> io::Result<String> {
        self.touched += 1;
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.io()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2071() {
    let mut host = Twin::failing(0);
    let up = send(host.with_2071("text".to_owned())).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_2071("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2071("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Impl, Alias, Return, [Breaker, Cached, Retry, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(key = text.as_ref())]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2074(&self, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_2074(&self, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2074() {
    let host = Host::failing(0);
    let up = host.plain_2074("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2074("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2074("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2074("other").seen();
    let host = Host::failing(1);
    let down = host.plain_2074("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2074("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Arc, Pair, Option, Closure, [Breaker, Cached, Timeout, Retry]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[timeout(secs = 50)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    async fn with_2077(self: Arc<Self>, (first, second): (String, u32)) -> Option<String> {
        let text = first + &second.to_string();
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Some(text) } else { None }
    }

    async fn plain_2077(self: Arc<Self>, (first, second): (String, u32)) -> Option<String> {
        let text = first + &second.to_string();
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Some(text) } else { None }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2077() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2077(("text".to_owned(), 7))).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2077(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2077(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2077(("text".to_owned(), 8))).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2077(("text".to_owned(), 8))).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2077(("text".to_owned(), 8))).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Mutable, Option, Loop, [Breaker, Cached, Timeout, Fallback]
trait Trait2078 {
    fn with_2078(&self, _: String) -> Option<String>;
}

impl Trait2078 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[timeout(secs = 50, mode = "cooperative")]
    #[fallback(value = spare())]
    fn with_2078(&self, mut text: String) -> Option<String> {
        text.push('!');
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait2078 for Twin {
    fn with_2078(&self, mut text: String) -> Option<String> {
        text.push('!');
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

#[test]
fn case_2078() {
    let host = Twin::failing(0);
    let up = host.with_2078("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2078("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2078("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2078("other".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2078("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2078("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Shared, Copied, Io, Closure, [Cached, Retry, Timeout, Breaker]
impl Host {
    #[cached(skip(self))]
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    #[timeout(secs = 50, map_err = to_io)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    async fn with_2083(&self, number: u32) -> io::Result<String> {
        let text = show(number + 1);
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }

    async fn plain_2083(&self, number: u32) -> io::Result<String> {
        let text = show(number + 1);
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2083() {
    let host = Host::failing(0);
    let up = send(host.plain_2083(7)).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2083(7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2083(7)).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_2083(8)).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2083(8)).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2083(8)).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Pair, Option, Closure, [Cached, Timeout, Fallback, Breaker]
#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(spare_2088)]
#[circuit_breaker(failure_threshold = 100)]
fn with_2088(flaky: &Flaky, (first, second): (String, u32)) -> Option<String> {
    let text = first + &second.to_string();
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Some(text) } else { None }
}

fn plain_2088(flaky: &Flaky, (first, second): (String, u32)) -> Option<String> {
    let text = first + &second.to_string();
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Some(text) } else { None }
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2088(_: &Flaky, _: (String, u32)) -> Option<String> {
    Some(spare())
}

#[test]
fn case_2088() {
    let flaky = Flaky::failing(0);
    let up = plain_2088(&flaky, ("text".to_owned(), 7)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2088(&flaky, ("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2088(&flaky, ("text".to_owned(), 7)).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2088(&flaky, ("text".to_owned(), 8)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2088(&flaky, ("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2088(&flaky, ("text".to_owned(), 8)).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Shared, Pair, Result, Tail, [Cached, Breaker, Retry, Timeout]
impl Host {
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(base_delay = "10ms")]
    #[timeout(secs = 45)]
    async fn with_2091(&self, (first, second): (String, u32)) -> Result<String, Fault> {
        let text = first + &second.to_string();
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    async fn plain_2091(&self, (first, second): (String, u32)) -> Result<String, Fault> {
        let text = first + &second.to_string();
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2091() {
    let host = Host::failing(0);
    let up = send(host.plain_2091(("text".to_owned(), 7))).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2091(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2091(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_2091(("text".to_owned(), 8))).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2091(("text".to_owned(), 8))).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2091(("text".to_owned(), 8))).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Arc, Mutable, Option, Return, [Cached, Breaker, Timeout, Retry]
impl Host {
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 50, mode = "cooperative")]
    #[retry(max = 3, backoff = "none")]
    fn with_2092(self: Arc<Self>, mut text: String) -> Option<String> {
        text.push('!');
        if self.flaky.up() {
            return Some(text);
        }
        None
    }

    fn plain_2092(self: Arc<Self>, mut text: String) -> Option<String> {
        text.push('!');
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

#[test]
fn case_2092() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2092("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2092("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2092("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2092("other".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2092("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_2092("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Trait, Wild, Io, Question, [Cached, Breaker, Timeout, Fallback]
trait Trait2095 {
    async fn with_2095(&self, _: String) -> io::Result<String>;
}

impl Trait2095 for Host {
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[timeout(secs = 50, map_err = to_io)]
    #[fallback(self.spare_2095)]
    async fn with_2095(&self, _: String) -> io::Result<String> {
        let text = String::from("alone");
        pause().await;
        self.flaky.io()?;
        Ok(text)
    }
}

impl Trait2095 for Twin {
    async fn with_2095(&self, _: String) -> io::Result<String> {
        let text = String::from("alone");
        pause().await;
        self.flaky.io()?;
        Ok(text)
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    async fn spare_2095(&self, _: String) -> io::Result<String> {
        pause().await; Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2095() {
    let host = Twin::failing(0);
    let up = send(host.with_2095("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2095("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2095("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Array, Io, Closure, [Cached, Fallback, Retry, Timeout]
impl Host {
    #[cached(skip(self))]
    #[fallback(value = spare())]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 45, mode = "cooperative", map_err = to_io)]
    fn with_2096<const N: usize>(&self, list: [u32; N]) -> io::Result<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }

    fn plain_2096<const N: usize>(&self, list: [u32; N]) -> io::Result<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

#[test]
fn case_2096() {
    let host = Host::failing(0);
    let up = host.plain_2096([1, 2, 3]).seen();
    let host = Host::failing(1);
    let down = host.plain_2096([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2096([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2096([1, 5]).seen();
    let host = Host::failing(1);
    let down = host.plain_2096([1, 5]).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2096([1, 5]).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Copied, Alias, Tail, [Cached, Fallback, Timeout, Breaker]
trait Trait2100 {
    fn with_2100(&self, _: u32) -> Answer<String>;
}

impl Trait2100 for Host {
    #[cached(skip(self))]
    #[fallback(Self::spare_2100)]
    #[timeout(secs = 50, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2100(&self, number: u32) -> Answer<String> {
        let text = show(number + 1);
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait2100 for Twin {
    fn with_2100(&self, number: u32) -> Answer<String> {
        let text = show(number + 1);
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2100(_: u32) -> Answer<String> {
        Ok(spare())
    }
}

#[test]
fn case_2100() {
    let host = Twin::failing(0);
    let up = host.with_2100(7).seen();
    let host = Twin::failing(1);
    let down = host.with_2100(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2100(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2100(8).seen();
    let host = Twin::failing(1);
    let down = host.with_2100(8).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2100(8).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Owned, Object, Loop, [Fallback, Retry, Timeout, Breaker]
impl Host {
    #[fallback(self.spare_2104)]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 50, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2104(&self, text: String) -> Result<Boxed, Fault> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(Box::new(text))
    }

    fn plain_2104(&self, text: String) -> Result<Boxed, Fault> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(Box::new(text))
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2104(&self, _: String) -> Result<Boxed, Fault> {
        Ok(Box::new(spare()))
    }
}

#[test]
fn case_2104() {
    let host = Host::failing(0);
    let up = host.plain_2104("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2104("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2104("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Generic, Io, Tail, [Fallback, Retry, Cached, Breaker]
#[fallback(|_error| Ok(spare()))]
#[retry(attempts = 4, backoff = "none", when = always)]
#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
fn with_2108<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(flaky: &Flaky, value: T) -> io::Result<String> {
    let text = show(value);
    if flaky.up() { Ok(text) } else { Err(down()) }
}

fn plain_2108<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(flaky: &Flaky, value: T) -> io::Result<String> {
    let text = show(value);
    if flaky.up() { Ok(text) } else { Err(down()) }
}

#[test]
fn case_2108() {
    let flaky = Flaky::failing(0);
    let up = plain_2108(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2108(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2108(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2108(&flaky, "other".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2108(&flaky, "other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2108(&flaky, "other".to_owned()).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Arc, Impl, Object, Closure, [Fallback, Timeout, Breaker, Retry]
impl Host {
    #[fallback(|_error| Ok(Box::new(spare()) as Boxed))]
    #[timeout(secs = 55, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_2112(self: Arc<Self>, text: impl AsRef<str> + Clone) -> Result<Boxed, Fault> {
        let text = show(text.as_ref());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }

    fn plain_2112(self: Arc<Self>, text: impl AsRef<str> + Clone) -> Result<Boxed, Fault> {
        let text = show(text.as_ref());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2112() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2112("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2112("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2112("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Mutable, Object, Loop, [Fallback, Breaker, Retry, Timeout]
impl Host {
    #[fallback(value = Box::new(spare()))]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2118(&self, mut text: String) -> Result<Boxed, Fault> {
        text.push('!');
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(Box::new(text))
    }

    fn plain_2118(&self, mut text: String) -> Result<Boxed, Fault> {
        text.push('!');
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

#[test]
fn case_2118() {
    let host = Host::failing(0);
    let up = host.plain_2118("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2118("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2118("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Array, Io, Items, [Fallback, Breaker, Timeout, Cached]
trait Trait2122 {
    fn with_2122<const N: usize>(&self, _: [u32; N]) -> io::Result<String>;
}

impl Trait2122 for Host {
    #[fallback(self.spare_2122)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[timeout(secs = 50, mode = "cooperative", map_err = to_io)]
    #[cached(skip(self))]
    fn with_2122<const N: usize>(&self, list: [u32; N]) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

impl Trait2122 for Twin {
    fn with_2122<const N: usize>(&self, list: [u32; N]) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2122<const N: usize>(&self, _: [u32; N]) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_2122() {
    let host = Twin::failing(0);
    let up = host.with_2122([1, 2, 3]).seen();
    let host = Twin::failing(1);
    let down = host.with_2122([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2122([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2122([1, 5]).seen();
    let host = Twin::failing(1);
    let down = host.with_2122([1, 5]).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2122([1, 5]).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, None, Io, Closure, [Fallback, Breaker, Cached, Timeout]
#[fallback(spare_2124)]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 45, mode = "cooperative", map_err = to_io)]
fn with_2124(flaky: &Flaky) -> io::Result<String> {
    let text = String::from("alone");
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
}

fn plain_2124(flaky: &Flaky) -> io::Result<String> {
    let text = String::from("alone");
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2124(_: &Flaky) -> io::Result<String> {
    Ok(spare())
}

#[test]
fn case_2124() {
    let flaky = Flaky::failing(0);
    let up = plain_2124(&flaky).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2124(&flaky).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2124(&flaky).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, None, Option, Loop, [Fallback, Cached, Retry, Timeout]
impl Host {
    #[fallback(|_error| Some(spare()))]
    #[cached(skip(self))]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2126(&self) -> Option<String> {
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }

    fn plain_2126(&self) -> Option<String> {
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

#[test]
fn case_2126() {
    let host = Host::failing(0);
    let up = host.plain_2126().seen();
    let host = Host::failing(1);
    let down = host.plain_2126().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2126().seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Arc, Copied, Result, Items, [Fallback, Cached, Timeout, Retry]
impl Host {
    #[fallback(value = spare())]
    #[cached(skip(self))]
    #[timeout(secs = 50)]
    #[retry(base_delay = "10ms")]
    async fn with_2129(self: Arc<Self>, number: u32) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(number + 1);
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    async fn plain_2129(self: Arc<Self>, number: u32) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(number + 1);
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2129() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2129(7)).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2129(7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2129(7)).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2129(8)).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2129(8)).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2129(8)).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Borrowed, Alias, Question, [Fallback, Cached, Breaker, Timeout]
#[fallback(value = spare())]
#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 45, mode = "cooperative")]
fn with_2132(flaky: &Flaky, text: &str) -> Answer<String> {
    let text = text.to_owned() + "!";
    flaky.result()?;
    Ok(text)
}

fn plain_2132(flaky: &Flaky, text: &str) -> Answer<String> {
    let text = text.to_owned() + "!";
    flaky.result()?;
    Ok(text)
}

#[test]
fn case_2132() {
    let flaky = Flaky::failing(0);
    let up = plain_2132(&flaky, "text").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2132(&flaky, "text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2132(&flaky, "text").seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2132(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2132(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2132(&flaky, "other").seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Generic, Result, Loop, [Retry, Timeout, Cached, Fallback, Breaker]
trait Trait2136 {
    fn with_2136<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, _: T) -> Result<String, Fault>;
}

impl Trait2136 for Host {
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[cached(skip(self))]
    #[fallback(Self::spare_2136)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2136<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Result<String, Fault> {
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait2136 for Twin {
    fn with_2136<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Result<String, Fault> {
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2136<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(_: T) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_2136() {
    let host = Twin::failing(0);
    let up = host.with_2136("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2136("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2136("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2136("other".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2136("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2136("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Impl, Result, Closure, [Retry, Timeout, Fallback, Cached, Breaker]
#[retry(max = 3, backoff = "none")]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(|_error| Ok(spare()))]
#[cached(key = text.as_ref())]
#[circuit_breaker(failure_threshold = 100)]
fn with_2138(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
    let text = show(text.as_ref());
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
}

fn plain_2138(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
    let text = show(text.as_ref());
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
}

#[test]
fn case_2138() {
    let flaky = Flaky::failing(0);
    let up = plain_2138(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2138(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2138(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2138(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2138(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2138(&flaky, "other").seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Mutable, Option, Question, [Retry, Breaker, Cached, Fallback, Timeout]
trait Trait2144 {
    fn with_2144(&self, _: String) -> Option<String>;
}

impl Trait2144 for Host {
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[fallback(Self::spare_2144)]
    #[timeout(secs = 40, mode = "cooperative")]
    fn with_2144(&self, mut text: String) -> Option<String> {
        text.push('!');
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait2144 for Twin {
    fn with_2144(&self, mut text: String) -> Option<String> {
        text.push('!');
        self.flaky.option()?;
        Some(text)
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2144(_: String) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_2144() {
    let host = Twin::failing(0);
    let up = host.with_2144("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2144("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2144("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2144("other".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2144("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2144("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Arc, Array, Alias, Return, [Retry, Cached, Breaker, Timeout, Fallback]
impl Host {
    #[retry(max = 3, backoff = "none")]
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 45)]
    #[fallback(Self::spare_2147)]
    async fn with_2147<const N: usize>(self: Arc<Self>, list: [u32; N]) -> Answer<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    async fn plain_2147<const N: usize>(self: Arc<Self>, list: [u32; N]) -> Answer<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    async fn spare_2147<const N: usize>(_: [u32; N]) -> Answer<String> {
        pause().await; Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2147() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2147([1, 2, 3])).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2147([1, 2, 3])).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2147([1, 2, 3])).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2147([1, 5])).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2147([1, 5])).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2147([1, 5])).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Copied, Object, Return, [Retry, Cached, Fallback, Breaker, Timeout]
#[retry(max = 3, backoff = "none")]
#[cached(skip(flaky), ttl = 600)]
#[fallback(|_error| Ok(Arc::new(spare()) as Shared))]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 40, mode = "cooperative")]
fn with_2148(flaky: &Flaky, number: u32) -> Result<Shared, Fault> {
    let text = show(number + 1);
    if flaky.up() {
        return Ok(Arc::new(text));
    }
    Err(Fault::Down)
}

fn plain_2148(flaky: &Flaky, number: u32) -> Result<Shared, Fault> {
    let text = show(number + 1);
    if flaky.up() {
        return Ok(Arc::new(text));
    }
    Err(Fault::Down)
}

#[test]
fn case_2148() {
    let flaky = Flaky::failing(0);
    let up = plain_2148(&flaky, 7).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2148(&flaky, 7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2148(&flaky, 7).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2148(&flaky, 8).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2148(&flaky, 8).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2148(&flaky, 8).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Trait, Impl, Option, Tail, [Timeout, Retry, Cached, Fallback, Breaker]
trait Trait2151 {
    async fn with_2151(&self, _: impl AsRef<str> + Clone) -> Option<String>;
}

impl Trait2151 for Host {
    #[timeout(secs = 60)]
    #[retry(base_delay = "10ms")]
    #[cached(key = text.as_ref())]
    #[fallback(Self::spare_2151)]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_2151(&self, text: impl AsRef<str> + Clone) -> Option<String> {
        let text = show(text.as_ref());
        pause().await;
        if self.flaky.up() { Some(text) } else { None }
    }
}

impl Trait2151 for Twin {
    async fn with_2151(&self, text: impl AsRef<str> + Clone) -> Option<String> {
        let text = show(text.as_ref());
        pause().await;
        if self.flaky.up() { Some(text) } else { None }
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    async fn spare_2151(_: impl AsRef<str> + Clone) -> Option<String> {
        pause().await; Some(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2151() {
    let host = Twin::failing(0);
    let up = send(host.with_2151("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2151("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2151("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_2151("other")).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2151("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2151("other")).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Pair, Result, Question, [Timeout, Breaker, Retry, Cached, Fallback]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[cached(skip(self))]
    #[fallback(|_error| Ok(spare()))]
    fn with_2152(&self, (first, second): (String, u32)) -> Result<String, Fault> {
        let text = first + &second.to_string();
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2152(&self, (first, second): (String, u32)) -> Result<String, Fault> {
        let text = first + &second.to_string();
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_2152() {
    let host = Host::failing(0);
    let up = host.plain_2152(("text".to_owned(), 7)).seen();
    let host = Host::failing(1);
    let down = host.plain_2152(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2152(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2152(("text".to_owned(), 8)).seen();
    let host = Host::failing(1);
    let down = host.plain_2152(("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2152(("text".to_owned(), 8)).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Trait, Wild, Option, Return, [Timeout, Breaker, Cached, Fallback, Retry]
trait Trait2155 {
    async fn with_2155(&self, _: String) -> Option<String>;
}

impl Trait2155 for Host {
    #[timeout(secs = 60)]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[fallback(|_error| Some(spare()))]
    #[retry(max = 3, backoff = "none")]
    async fn with_2155(&self, _: String) -> Option<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

impl Trait2155 for Twin {
    async fn with_2155(&self, _: String) -> Option<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

#[tokio::test(start_paused = true)]
async fn case_2155() {
    let host = Twin::failing(0);
    let up = send(host.with_2155("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2155("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2155("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Free, Owned, Io, Question, [Timeout, Cached, Fallback, Breaker, Retry]
#[timeout(secs = 60, map_err = to_io)]
#[cached(skip(flaky), ttl = 600)]
#[fallback(spare_2157)]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
#[retry(max = 3, backoff = "none")]
async fn with_2157(flaky: &Flaky, text: String) -> io::Result<String> {
    let text = text + "!";
    pause().await;
    flaky.io()?;
    Ok(text)
}

async fn plain_2157(flaky: &Flaky, text: String) -> io::Result<String> {
    let text = text + "!";
    pause().await;
    flaky.io()?;
    Ok(text)
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2157(_: &Flaky, _: String) -> io::Result<String> {
    Ok(spare())
}

#[tokio::test(start_paused = true)]
async fn case_2157() {
    let flaky = Flaky::failing(0);
    let up = send(plain_2157(&flaky, "text".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2157(&flaky, "text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_2157(&flaky, "text".to_owned())).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_2157(&flaky, "other".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2157(&flaky, "other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_2157(&flaky, "other".to_owned())).await.seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Owned, Result, Tail, [Timeout, Fallback, Retry, Breaker, Cached]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[fallback(self.spare_2158)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    fn with_2158(&self, text: String) -> Result<String, Fault> {
        let text = text + "!";
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2158(&self, text: String) -> Result<String, Fault> {
        let text = text + "!";
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2158(&self, _: String) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_2158() {
    let host = Host::failing(0);
    let up = host.plain_2158("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2158("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2158("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2158("other".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2158("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2158("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Arc, Borrowed, Alias, Loop, [Timeout, Fallback, Breaker, Retry, Cached]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[fallback(value = spare())]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[cached(skip(self))]
    fn with_2160(self: Arc<Self>, text: &str) -> Answer<String> {
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2160(self: Arc<Self>, text: &str) -> Answer<String> {
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_2160() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2160("text").seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2160("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2160("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2160("other").seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2160("other").seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_2160("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Generic, Io, Closure, [Breaker, Retry, Timeout, Cached, Fallback]
impl Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[timeout(secs = 50, mode = "cooperative", map_err = to_io)]
    #[cached(skip(self))]
    #[fallback(|_error| Ok(spare()))]
    fn with_2164<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> io::Result<String> {
        let text = show(value);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }

    fn plain_2164<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> io::Result<String> {
        let text = show(value);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

#[test]
fn case_2164() {
    let host = Host::failing(0);
    let up = host.plain_2164("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2164("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2164("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2164("other".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2164("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2164("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Pair, Object, Loop, [Breaker, Retry, Cached, Fallback, Timeout]
trait Trait2168 {
    fn with_2168(&self, _: (String, u32)) -> Result<Shared, Fault>;
}

impl Trait2168 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[cached(skip(self))]
    #[fallback(Self::spare_2168)]
    #[timeout(secs = 40, mode = "cooperative")]
    fn with_2168(&self, (first, second): (String, u32)) -> Result<Shared, Fault> {
        let text = first + &second.to_string();
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(Arc::new(text))
    }
}

impl Trait2168 for Twin {
    fn with_2168(&self, (first, second): (String, u32)) -> Result<Shared, Fault> {
        let text = first + &second.to_string();
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(Arc::new(text))
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2168(_: (String, u32)) -> Result<Shared, Fault> {
        Ok(Arc::new(spare()))
    }
}

#[test]
fn case_2168() {
    let host = Twin::failing(0);
    let up = host.with_2168(("text".to_owned(), 7)).seen();
    let host = Twin::failing(1);
    let down = host.with_2168(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2168(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2168(("text".to_owned(), 8)).seen();
    let host = Twin::failing(1);
    let down = host.with_2168(("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2168(("text".to_owned(), 8)).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Mutable, Object, Closure, [Breaker, Timeout, Retry, Cached, Fallback]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[retry(max = 3, backoff = "none")]
    #[cached(skip(self))]
    #[fallback(value = Arc::new(spare()))]
    fn with_2170(&self, mut text: String) -> Result<Shared, Fault> {
        text.push('!');
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }

    fn plain_2170(&self, mut text: String) -> Result<Shared, Fault> {
        text.push('!');
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2170() {
    let host = Host::failing(0);
    let up = host.plain_2170("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2170("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2170("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2170("other".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2170("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2170("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Array, Result, Closure, [Breaker, Timeout, Cached, Fallback, Retry]
trait Trait2172 {
    fn with_2172<const N: usize>(&self, _: [u32; N]) -> Result<String, Fault>;
}

impl Trait2172 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[cached(skip(self))]
    #[fallback(Self::spare_2172)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_2172<const N: usize>(&self, list: [u32; N]) -> Result<String, Fault> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait2172 for Twin {
    fn with_2172<const N: usize>(&self, list: [u32; N]) -> Result<String, Fault> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2172<const N: usize>(_: [u32; N]) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_2172() {
    let host = Twin::failing(0);
    let up = host.with_2172([1, 2, 3]).seen();
    let host = Twin::failing(1);
    let down = host.with_2172([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2172([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2172([1, 5]).seen();
    let host = Twin::failing(1);
    let down = host.with_2172([1, 5]).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2172([1, 5]).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Free, None, Io, Question, [Breaker, Timeout, Fallback, Cached, Retry]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
#[timeout(secs = 55, map_err = to_io)]
#[fallback(spare_2175)]
#[cached(skip(flaky), ttl = 600)]
#[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
async fn with_2175(flaky: &Flaky) -> io::Result<String> {
    let text = String::from("alone");
    pause().await;
    flaky.io()?;
    Ok(text)
}

async fn plain_2175(flaky: &Flaky) -> io::Result<String> {
    let text = String::from("alone");
    pause().await;
    flaky.io()?;
    Ok(text)
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
async fn spare_2175(_: &Flaky) -> io::Result<String> {
    pause().await; Ok(spare())
}

#[tokio::test(start_paused = true)]
async fn case_2175() {
    let flaky = Flaky::failing(0);
    let up = send(plain_2175(&flaky)).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2175(&flaky)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_2175(&flaky)).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Pair, Object, Question, [Cached, Retry, Breaker, Timeout, Fallback]
impl Host {
    #[cached(skip(self))]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 45, mode = "cooperative")]
    #[fallback(self.spare_2182)]
    fn with_2182(self: Arc<Self>, (first, second): (String, u32)) -> Result<Shared, Fault> {
        let text = first + &second.to_string();
        self.flaky.result()?;
        Ok(Arc::new(text))
    }

    fn plain_2182(self: Arc<Self>, (first, second): (String, u32)) -> Result<Shared, Fault> {
        let text = first + &second.to_string();
        self.flaky.result()?;
        Ok(Arc::new(text))
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2182(&self, _: (String, u32)) -> Result<Shared, Fault> {
        Ok(Arc::new(spare()))
    }
}

#[test]
fn case_2182() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2182(("text".to_owned(), 7)).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2182(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2182(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2182(("text".to_owned(), 8)).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2182(("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_2182(("text".to_owned(), 8)).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Borrowed, Io, Tail, [Cached, Breaker, Timeout, Fallback, Retry]
trait Trait2188 {
    fn with_2188(&self, _: &str) -> io::Result<String>;
}

impl Trait2188 for Host {
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[timeout(secs = 50, mode = "cooperative", map_err = to_io)]
    #[fallback(value = spare())]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    fn with_2188(&self, text: &str) -> io::Result<String> {
        let text = text.to_owned() + "!";
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

impl Trait2188 for Twin {
    fn with_2188(&self, text: &str) -> io::Result<String> {
        let text = text.to_owned() + "!";
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

#[test]
fn case_2188() {
    let host = Twin::failing(0);
    let up = host.with_2188("text").seen();
    let host = Twin::failing(1);
    let down = host.with_2188("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2188("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2188("other").seen();
    let host = Twin::failing(1);
    let down = host.with_2188("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2188("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Arc, Generic, Result, Loop, [Cached, Fallback, Timeout, Retry, Breaker]
impl Host {
    #[cached(skip(self))]
    #[fallback(self.spare_2190)]
    #[timeout(secs = 50, mode = "cooperative")]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2190<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> Result<String, Fault> {
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2190<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> Result<String, Fault> {
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2190<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, _: T) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_2190() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2190("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2190("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2190("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2190("other".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2190("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_2190("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Arc, Mutable, Alias, Items, [Fallback, Retry, Breaker, Timeout, Cached]
impl Host {
    #[fallback(|_error| Ok(spare()))]
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 45)]
    #[cached(skip(self))]
    async fn with_2199(self: Arc<Self>, mut text: String) -> Answer<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        text.push('!');
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    async fn plain_2199(self: Arc<Self>, mut text: String) -> Answer<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        text.push('!');
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2199() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2199("text".to_owned())).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2199("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2199("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2199("other".to_owned())).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2199("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2199("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Wild, Option, Tail, [Fallback, Retry, Breaker, Cached, Timeout]
trait Trait2200 {
    fn with_2200(&self, _: String) -> Option<String>;
}

impl Trait2200 for Host {
    #[fallback(value = spare())]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[timeout(secs = 40, mode = "cooperative")]
    fn with_2200(&self, _: String) -> Option<String> {
        let text = String::from("alone");
        if self.flaky.up() { Some(text) } else { None }
    }
}

impl Trait2200 for Twin {
    fn with_2200(&self, _: String) -> Option<String> {
        let text = String::from("alone");
        if self.flaky.up() { Some(text) } else { None }
    }
}

#[test]
fn case_2200() {
    let host = Twin::failing(0);
    let up = host.with_2200("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2200("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2200("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Array, Io, Loop, [Fallback, Timeout, Retry, Breaker, Cached]
impl Host {
    #[fallback(Self::spare_2204)]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[cached(skip(self))]
    fn with_2204<const N: usize>(&self, list: [u32; N]) -> io::Result<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_2204<const N: usize>(&self, list: [u32; N]) -> io::Result<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.io()?;
        Ok(text)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2204<const N: usize>(_: [u32; N]) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_2204() {
    let host = Host::failing(0);
    let up = host.plain_2204([1, 2, 3]).seen();
    let host = Host::failing(1);
    let down = host.plain_2204([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2204([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2204([1, 5]).seen();
    let host = Host::failing(1);
    let down = host.plain_2204([1, 5]).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2204([1, 5]).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Arc, None, Result, Return, [Fallback, Timeout, Breaker, Retry, Cached]
impl Host {
    #[fallback(Self::spare_2206)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[cached(skip(self))]
    fn with_2206(self: Arc<Self>) -> Result<String, Fault> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_2206(self: Arc<Self>) -> Result<String, Fault> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2206() -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_2206() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2206().seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2206().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2206().seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Copied, Object, Closure, [Fallback, Timeout, Breaker, Cached, Retry]
trait Trait2208 {
    fn with_2208(&self, _: u32) -> Result<Shared, Fault>;
}

impl Trait2208 for Host {
    #[fallback(value = Arc::new(spare()))]
    #[timeout(secs = 55, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_2208(&self, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }
}

impl Trait2208 for Twin {
    fn with_2208(&self, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2208() {
    let host = Twin::failing(0);
    let up = host.with_2208(7).seen();
    let host = Twin::failing(1);
    let down = host.with_2208(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2208(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2208(8).seen();
    let host = Twin::failing(1);
    let down = host.with_2208(8).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2208(8).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Owned, Io, Loop, [Fallback, Timeout, Cached, Breaker, Retry]
#[fallback(spare_2210)]
#[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
#[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
fn with_2210(flaky: &Flaky, text: String) -> io::Result<String> {
    let text = text + "!";
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..2 {
            rounds += 1;
            if step == 0 {
                continue;
            }
            if rounds < 4 {
                continue 'outer;
            }
            break 'outer text;
        }
    };
    flaky.io()?;
    Ok(text)
}

fn plain_2210(flaky: &Flaky, text: String) -> io::Result<String> {
    let text = text + "!";
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..2 {
            rounds += 1;
            if step == 0 {
                continue;
            }
            if rounds < 4 {
                continue 'outer;
            }
            break 'outer text;
        }
    };
    flaky.io()?;
    Ok(text)
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2210(_: &Flaky, _: String) -> io::Result<String> {
    Ok(spare())
}

#[test]
fn case_2210() {
    let flaky = Flaky::failing(0);
    let up = plain_2210(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2210(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2210(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2210(&flaky, "other".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2210(&flaky, "other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2210(&flaky, "other".to_owned()).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Generic, Object, Tail, [Fallback, Breaker, Cached, Timeout, Retry]
#[fallback(spare_2216)]
#[circuit_breaker(failure_threshold = 100)]
#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 45, mode = "cooperative")]
#[retry(max = 3, backoff = "none")]
fn with_2216<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(flaky: &Flaky, value: T) -> Result<Shared, Fault> {
    let text = show(value);
    if flaky.up() { Ok(Arc::new(text)) } else { Err(Fault::Down) }
}

fn plain_2216<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(flaky: &Flaky, value: T) -> Result<Shared, Fault> {
    let text = show(value);
    if flaky.up() { Ok(Arc::new(text)) } else { Err(Fault::Down) }
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2216<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(_: &Flaky, _: T) -> Result<Shared, Fault> {
    Ok(Arc::new(spare()))
}

#[test]
fn case_2216() {
    let flaky = Flaky::failing(0);
    let up = plain_2216(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2216(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2216(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2216(&flaky, "other".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2216(&flaky, "other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2216(&flaky, "other".to_owned()).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Shared, Generic, Io, Return, [Fallback, Cached, Retry, Timeout, Breaker]
impl Host {
    #[fallback(|_error| Ok(spare()))]
    #[cached(skip(self))]
    #[retry(base_delay = "10ms")]
    #[timeout(secs = 45, map_err = to_io)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    async fn with_2219<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> io::Result<String> {
        let text = show(value);
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }

    async fn plain_2219<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> io::Result<String> {
        let text = show(value);
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2219() {
    let host = Host::failing(0);
    let up = send(host.plain_2219("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2219("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2219("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_2219("other".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2219("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2219("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Arc, Impl, Object, Closure, [Fallback, Cached, Timeout, Retry, Breaker]
impl Host {
    #[fallback(value = Arc::new(spare()))]
    #[cached(key = text.as_ref())]
    #[timeout(secs = 50, mode = "cooperative")]
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2220(self: Arc<Self>, text: impl AsRef<str> + Clone) -> Result<Shared, Fault> {
        let text = show(text.as_ref());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }

    fn plain_2220(self: Arc<Self>, text: impl AsRef<str> + Clone) -> Result<Shared, Fault> {
        let text = show(text.as_ref());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2220() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2220("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2220("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2220("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2220("other").seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2220("other").seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_2220("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Pair, Option, Closure, [Fallback, Cached, Timeout, Breaker, Retry]
trait Trait2222 {
    fn with_2222(&self, _: (String, u32)) -> Option<String>;
}

impl Trait2222 for Host {
    #[fallback(value = spare())]
    #[cached(skip(self))]
    #[timeout(secs = 50, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_2222(&self, (first, second): (String, u32)) -> Option<String> {
        let text = first + &second.to_string();
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Some(text) } else { None }
    }
}

impl Trait2222 for Twin {
    fn with_2222(&self, (first, second): (String, u32)) -> Option<String> {
        let text = first + &second.to_string();
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Some(text) } else { None }
    }
}

#[test]
fn case_2222() {
    let host = Twin::failing(0);
    let up = host.with_2222(("text".to_owned(), 7)).seen();
    let host = Twin::failing(1);
    let down = host.with_2222(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2222(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2222(("text".to_owned(), 8)).seen();
    let host = Twin::failing(1);
    let down = host.with_2222(("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2222(("text".to_owned(), 8)).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Owned, Object, Question, [Timeout, Timeout]
#[timeout(secs = 60, mode = "cooperative")]
#[timeout(secs = 55, mode = "cooperative")]
fn with_2227(flaky: &Flaky, text: String) -> Result<Boxed, Fault> {
    let text = text + "!";
    flaky.result()?;
    Ok(Box::new(text))
}

fn plain_2227(flaky: &Flaky, text: String) -> Result<Boxed, Fault> {
    let text = text + "!";
    flaky.result()?;
    Ok(Box::new(text))
}

#[test]
fn case_2227() {
    let flaky = Flaky::failing(0);
    let up = plain_2227(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2227(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2227(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Impl, Object, Question, [Timeout, Timeout]
#[timeout(secs = 60, mode = "cooperative")]
#[timeout(secs = 55, mode = "cooperative")]
fn with_2229(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<Boxed, Fault> {
    let text = show(text.as_ref());
    flaky.result()?;
    Ok(Box::new(text))
}

fn plain_2229(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<Boxed, Fault> {
    let text = show(text.as_ref());
    flaky.result()?;
    Ok(Box::new(text))
}

#[test]
fn case_2229() {
    let flaky = Flaky::failing(0);
    let up = plain_2229(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2229(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2229(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Mutable, Io, Tail, [Timeout, Timeout]
#[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
#[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
fn with_2230(flaky: &Flaky, mut text: String) -> io::Result<String> {
    text.push('!');
    if flaky.up() { Ok(text) } else { Err(down()) }
}

fn plain_2230(flaky: &Flaky, mut text: String) -> io::Result<String> {
    text.push('!');
    if flaky.up() { Ok(text) } else { Err(down()) }
}

#[test]
fn case_2230() {
    let flaky = Flaky::failing(0);
    let up = plain_2230(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2230(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2230(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Array, Option, Loop, [Timeout, Timeout]
#[timeout(secs = 60, mode = "cooperative")]
#[timeout(secs = 55, mode = "cooperative")]
fn with_2231<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Option<String> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..2 {
            rounds += 1;
            if step == 0 {
                continue;
            }
            if rounds < 4 {
                continue 'outer;
            }
            break 'outer text;
        }
    };
    flaky.option()?;
    Some(text)
}

fn plain_2231<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Option<String> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..2 {
            rounds += 1;
            if step == 0 {
                continue;
            }
            if rounds < 4 {
                continue 'outer;
            }
            break 'outer text;
        }
    };
    flaky.option()?;
    Some(text)
}

#[test]
fn case_2231() {
    let flaky = Flaky::failing(0);
    let up = plain_2231(&flaky, [1, 2, 3]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2231(&flaky, [1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2231(&flaky, [1, 2, 3]).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Copied, Object, Tail, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2232(&self, number: u32) -> Result<Boxed, Fault> {
        let text = show(number + 1);
        if self.flaky.up() { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }

    fn plain_2232(&self, number: u32) -> Result<Boxed, Fault> {
        let text = show(number + 1);
        if self.flaky.up() { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2232() {
    let host = Host::failing(0);
    let up = host.plain_2232(7).seen();
    let host = Host::failing(1);
    let down = host.plain_2232(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2232(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Wild, Alias, Closure, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2236(&self, _: String) -> Answer<String> {
        let text = String::from("alone");
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2236(&self, _: String) -> Answer<String> {
        let text = String::from("alone");
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2236() {
    let host = Host::failing(0);
    let up = host.plain_2236("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2236("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2236("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Sink, Object, Items, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2239(&mut self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }

    fn plain_2239(&mut self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }
}

#[test]
fn case_2239() {
    let mut sink = vec![0];
    let mut host = Host::failing(0);
    let up = host.plain_2239(&mut sink).seen();
    let mut sink = vec![0];
    let mut host = Host::failing(1);
    let down = host.plain_2239(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = host.with_2239(&mut sink).seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, None, Result, Items, [Timeout, Timeout]
trait Trait2248 {
    fn with_2248(&self) -> Result<String, Fault>;
}

impl Trait2248 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2248(&self) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

impl Trait2248 for Twin {
    fn with_2248(&self) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[test]
fn case_2248() {
    let host = Twin::failing(0);
    let up = host.with_2248().seen();
    let host = Twin::failing(1);
    let down = host.with_2248().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2248().seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Arc, Generic, Option, Items, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60)]
    #[timeout(secs = 55)]
    async fn with_2278<T: Clone + Display>(self: Arc<Self>, value: T) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    async fn plain_2278<T: Clone + Display>(self: Arc<Self>, value: T) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2278() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2278("text".to_owned())).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2278("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2278("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, TraitExclusive, Borrowed, Option, Return, [Timeout, Timeout]
trait Trait2288 {
    async fn with_2288(&mut self, _: &str) -> Option<String>;
}

impl Trait2288 for Host {
    #[timeout(secs = 60)]
    #[timeout(secs = 55)]
    async fn with_2288(&mut self, text: &str) -> Option<String> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

impl Trait2288 for Twin {
    async fn with_2288(&mut self, text: &str) -> Option<String> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

#[tokio::test(start_paused = true)]
async fn case_2288() {
    let mut host = Twin::failing(0);
    let up = send(host.with_2288("text")).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_2288("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2288("text")).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, TraitExclusive, Pair, Result, Loop, [Timeout, Timeout]
trait Trait2290 {
    async fn with_2290(&mut self, _: (String, u32)) -> Result<String, Fault>;
}

impl Trait2290 for Host {
    #[timeout(secs = 60)]
    #[timeout(secs = 55)]
    async fn with_2290(&mut self, (first, second): (String, u32)) -> Result<String, Fault> {
        self.touched += 1;
        let text = first + &second.to_string();
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait2290 for Twin {
    async fn with_2290(&mut self, (first, second): (String, u32)) -> Result<String, Fault> {
        self.touched += 1;
        let text = first + &second.to_string();
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2290() {
    let mut host = Twin::failing(0);
    let up = send(host.with_2290(("text".to_owned(), 7))).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_2290(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2290(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Copied, Option, Question, [Timeout, Retry, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2303(&mut self, number: u32) -> Option<String> {
        self.touched += 1;
        let text = show(number + 1);
        self.flaky.option()?;
        Some(text)
    }

    fn plain_2303(&mut self, number: u32) -> Option<String> {
        self.touched += 1;
        let text = show(number + 1);
        self.flaky.option()?;
        Some(text)
    }
}

#[test]
fn case_2303() {
    let mut host = Host::failing(0);
    let up = host.plain_2303(7).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2303(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2303(7).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Owned, Result, Items, [Fallback, Retry, Unneeded]
#[fallback(|_error| Ok(spare()))]
#[retry(max = 3, backoff = "none", when = |_error| true)]
#[fallback(value = spare(), when = never)]
fn with_2359(flaky: &Flaky, text: String) -> Result<String, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = text + "!";
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

fn plain_2359(flaky: &Flaky, text: String) -> Result<String, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = text + "!";
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

#[test]
fn case_2359() {
    let flaky = Flaky::failing(0);
    let up = plain_2359(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2359(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2359(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Array, Object, Return, [Fallback, Retry, Unneeded]
#[fallback(spare_2363)]
#[retry(max = 3, backoff = "none", when = |_error| true)]
#[fallback(value = Box::new(spare()), when = never)]
fn with_2363<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Result<Boxed, Fault> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    if flaky.up() {
        return Ok(Box::new(text));
    }
    Err(Fault::Down)
}

fn plain_2363<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Result<Boxed, Fault> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    if flaky.up() {
        return Ok(Box::new(text));
    }
    Err(Fault::Down)
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2363<const N: usize>(_: &Flaky, _: [u32; N]) -> Result<Boxed, Fault> {
    Ok(Box::new(spare()))
}

#[test]
fn case_2363() {
    let flaky = Flaky::failing(0);
    let up = plain_2363(&flaky, [1, 2, 3]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2363(&flaky, [1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2363(&flaky, [1, 2, 3]).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Generic, Alias, Loop, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(Self::spare_2366)]
    #[retry(max = 3, backoff = "none")]
    #[fallback(value = spare(), when = never)]
    fn with_2366<T: Clone + Display>(&self, value: T) -> Answer<String> {
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2366<T: Clone + Display>(&self, value: T) -> Answer<String> {
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2366<T: Clone + Display>(_: T) -> Answer<String> {
        Ok(spare())
    }
}

#[test]
fn case_2366() {
    let host = Host::failing(0);
    let up = host.plain_2366("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2366("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2366("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Pair, Result, Closure, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(value = spare())]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[fallback(value = spare(), when = never)]
    fn with_2367(&self, (first, second): (String, u32)) -> Result<String, Fault> {
        let text = first + &second.to_string();
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2367(&self, (first, second): (String, u32)) -> Result<String, Fault> {
        let text = first + &second.to_string();
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2367() {
    let host = Host::failing(0);
    let up = host.plain_2367(("text".to_owned(), 7)).seen();
    let host = Host::failing(1);
    let down = host.plain_2367(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2367(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Wild, Result, Items, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(|_error| Ok(spare()))]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[fallback(value = spare(), when = never)]
    fn with_2368(&self, _: String) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    fn plain_2368(&self, _: String) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[test]
fn case_2368() {
    let host = Host::failing(0);
    let up = host.plain_2368("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2368("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2368("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Sink, Alias, Closure, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(|_error| Ok(spare()))]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[fallback(value = spare(), when = never)]
    fn with_2371(&mut self, sink: &mut Vec<u32>) -> Answer<String> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2371(&mut self, sink: &mut Vec<u32>) -> Answer<String> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2371() {
    let mut sink = vec![0];
    let mut host = Host::failing(0);
    let up = host.plain_2371(&mut sink).seen();
    let mut sink = vec![0];
    let mut host = Host::failing(1);
    let down = host.plain_2371(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = host.with_2371(&mut sink).seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Mutable, Option, Items, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(value = spare())]
    #[retry(max = 3, backoff = "none")]
    #[fallback(value = spare(), when = never)]
    fn with_2373(&mut self, mut text: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        text.push('!');
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    fn plain_2373(&mut self, mut text: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        text.push('!');
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[test]
fn case_2373() {
    let mut host = Host::failing(0);
    let up = host.plain_2373("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2373("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2373("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Borrowed, Object, Closure, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(value = Box::new(spare()))]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[fallback(value = Box::new(spare()), when = never)]
    fn with_2376(self: Arc<Self>, text: &str) -> Result<Boxed, Fault> {
        let text = text.to_owned() + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }

    fn plain_2376(self: Arc<Self>, text: &str) -> Result<Boxed, Fault> {
        let text = text.to_owned() + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2376() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2376("text").seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2376("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2376("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Impl, Object, Question, [Fallback, Retry, Unneeded]
trait Trait2383 {
    fn with_2383(&self, _: impl AsRef<str> + Clone) -> Result<Boxed, Fault>;
}

impl Trait2383 for Host {
    #[fallback(Self::spare_2383)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[fallback(value = Box::new(spare()), when = never)]
    fn with_2383(&self, text: impl AsRef<str> + Clone) -> Result<Boxed, Fault> {
        let text = show(text.as_ref());
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

impl Trait2383 for Twin {
    fn with_2383(&self, text: impl AsRef<str> + Clone) -> Result<Boxed, Fault> {
        let text = show(text.as_ref());
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2383(_: impl AsRef<str> + Clone) -> Result<Boxed, Fault> {
        Ok(Box::new(spare()))
    }
}

#[test]
fn case_2383() {
    let host = Twin::failing(0);
    let up = host.with_2383("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2383("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2383("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, None, Option, Return, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(self.spare_2402)]
    #[retry(base_delay = "10ms")]
    #[fallback(value = spare(), when = never)]
    async fn with_2402(&mut self) -> Option<String> {
        self.touched += 1;
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }

    async fn plain_2402(&mut self) -> Option<String> {
        self.touched += 1;
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2402(&self) -> Option<String> {
        Some(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2402() {
    let mut host = Host::failing(0);
    let up = send(host.plain_2402()).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_2402()).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2402()).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, TraitExclusive, Copied, Io, Tail, [Fallback, Retry, Unneeded]
trait Trait2419 {
    async fn with_2419(&mut self, _: u32) -> io::Result<String>;
}

impl Trait2419 for Host {
    #[fallback(self.spare_2419)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[fallback(value = spare(), when = never)]
    async fn with_2419(&mut self, number: u32) -> io::Result<String> {
        self.touched += 1;
        let text = show(number + 1);
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

impl Trait2419 for Twin {
    async fn with_2419(&mut self, number: u32) -> io::Result<String> {
        self.touched += 1;
        let text = show(number + 1);
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2419(&self, _: u32) -> io::Result<String> {
        Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2419() {
    let mut host = Twin::failing(0);
    let up = send(host.with_2419(7)).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_2419(7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2419(7)).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Copied, Result, Loop, [Breaker, Unneeded, Timeout]
#[circuit_breaker(failure_threshold = 100)]
#[fallback(value = spare(), when = never)]
#[timeout(secs = 50, mode = "cooperative")]
fn with_2424(flaky: &Flaky, number: u32) -> Result<String, Fault> {
    let text = show(number + 1);
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..2 {
            rounds += 1;
            if step == 0 {
                continue;
            }
            if rounds < 4 {
                continue 'outer;
            }
            break 'outer text;
        }
    };
    flaky.result()?;
    Ok(text)
}

fn plain_2424(flaky: &Flaky, number: u32) -> Result<String, Fault> {
    let text = show(number + 1);
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..2 {
            rounds += 1;
            if step == 0 {
                continue;
            }
            if rounds < 4 {
                continue 'outer;
            }
            break 'outer text;
        }
    };
    flaky.result()?;
    Ok(text)
}

#[test]
fn case_2424() {
    let flaky = Flaky::failing(0);
    let up = plain_2424(&flaky, 7).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2424(&flaky, 7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2424(&flaky, 7).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Borrowed, Object, Items, [Breaker, Unneeded, Timeout]
#[circuit_breaker(failure_threshold = 100)]
#[fallback(value = Box::new(spare()), when = never)]
#[timeout(secs = 50, mode = "cooperative")]
fn with_2425(flaky: &Flaky, text: &str) -> Result<Boxed, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = text.to_owned() + "!";
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(Box::new(text))
}

fn plain_2425(flaky: &Flaky, text: &str) -> Result<Boxed, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = text.to_owned() + "!";
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(Box::new(text))
}

#[test]
fn case_2425() {
    let flaky = Flaky::failing(0);
    let up = plain_2425(&flaky, "text").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2425(&flaky, "text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2425(&flaky, "text").seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, None, Option, Tail, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2429(&self) -> Option<String> {
        let text = String::from("alone");
        if self.flaky.up() { Some(text) } else { None }
    }

    fn plain_2429(&self) -> Option<String> {
        let text = String::from("alone");
        if self.flaky.up() { Some(text) } else { None }
    }
}

#[test]
fn case_2429() {
    let host = Host::failing(0);
    let up = host.plain_2429().seen();
    let host = Host::failing(1);
    let down = host.plain_2429().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2429().seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Sink, Result, Question, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2431(&self, sink: &mut Vec<u32>) -> Result<String, Fault> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2431(&self, sink: &mut Vec<u32>) -> Result<String, Fault> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_2431() {
    let mut sink = vec![0];
    let host = Host::failing(0);
    let up = host.plain_2431(&mut sink).seen();
    let mut sink = vec![0];
    let host = Host::failing(1);
    let down = host.plain_2431(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Host::failing(failures);
        let seen = host.with_2431(&mut sink).seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Mutable, Object, Return, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = Box::new(spare()), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2433(&self, mut text: String) -> Result<Boxed, Fault> {
        text.push('!');
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }

    fn plain_2433(&self, mut text: String) -> Result<Boxed, Fault> {
        text.push('!');
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2433() {
    let host = Host::failing(0);
    let up = host.plain_2433("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2433("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2433("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Array, Object, Question, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = Box::new(spare()), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2434<const N: usize>(&self, list: [u32; N]) -> Result<Boxed, Fault> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.result()?;
        Ok(Box::new(text))
    }

    fn plain_2434<const N: usize>(&self, list: [u32; N]) -> Result<Boxed, Fault> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

#[test]
fn case_2434() {
    let host = Host::failing(0);
    let up = host.plain_2434([1, 2, 3]).seen();
    let host = Host::failing(1);
    let down = host.plain_2434([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2434([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Wild, Object, Return, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = Box::new(spare()), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2439(&mut self, _: String) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }

    fn plain_2439(&mut self, _: String) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2439() {
    let mut host = Host::failing(0);
    let up = host.plain_2439("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2439("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2439("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Owned, Alias, Loop, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2441(self: Arc<Self>, text: String) -> Answer<String> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2441(self: Arc<Self>, text: String) -> Answer<String> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_2441() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2441("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2441("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2441("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Generic, Alias, Closure, [Breaker, Unneeded, Timeout]
trait Trait2448 {
    fn with_2448<T: Clone + Display>(&self, _: T) -> Answer<String>;
}

impl Trait2448 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2448<T: Clone + Display>(&self, value: T) -> Answer<String> {
        let text = show(value);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait2448 for Twin {
    fn with_2448<T: Clone + Display>(&self, value: T) -> Answer<String> {
        let text = show(value);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2448() {
    let host = Twin::failing(0);
    let up = host.with_2448("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2448("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2448("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Impl, Object, Items, [Breaker, Unneeded, Timeout]
trait Trait2454 {
    fn with_2454(&mut self, _: impl AsRef<str> + Clone) -> Result<Boxed, Fault>;
}

impl Trait2454 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = Box::new(spare()), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2454(&mut self, text: impl AsRef<str> + Clone) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = show(text.as_ref());
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }
}

impl Trait2454 for Twin {
    fn with_2454(&mut self, text: impl AsRef<str> + Clone) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = show(text.as_ref());
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }
}

#[test]
fn case_2454() {
    let mut host = Twin::failing(0);
    let up = host.with_2454("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2454("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2454("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Pair, Io, Return, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, map_err = to_io)]
    async fn with_2471(&mut self, (first, second): (String, u32)) -> io::Result<String> {
        self.touched += 1;
        let text = first + &second.to_string();
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }

    async fn plain_2471(&mut self, (first, second): (String, u32)) -> io::Result<String> {
        self.touched += 1;
        let text = first + &second.to_string();
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2471() {
    let mut host = Host::failing(0);
    let up = send(host.plain_2471(("text".to_owned(), 7))).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_2471(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2471(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, None, Io, Items, [Fallback, Timeout, Unneeded]
#[fallback(value = spare())]
#[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
#[fallback(value = spare(), when = never)]
fn with_2490(flaky: &Flaky) -> io::Result<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = String::from("alone");
    flaky.io()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

fn plain_2490(flaky: &Flaky) -> io::Result<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = String::from("alone");
    flaky.io()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

#[test]
fn case_2490() {
    let flaky = Flaky::failing(0);
    let up = plain_2490(&flaky).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2490(&flaky).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2490(&flaky).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Sink, Result, Return, [Fallback, Timeout, Unneeded]
#[fallback(spare_2492)]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(value = spare(), when = never)]
fn with_2492(flaky: &Flaky, sink: &mut Vec<u32>) -> Result<String, Fault> {
    sink.push(7);
    let text = format!("{:?}", sink.last());
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

fn plain_2492(flaky: &Flaky, sink: &mut Vec<u32>) -> Result<String, Fault> {
    sink.push(7);
    let text = format!("{:?}", sink.last());
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2492(_: &Flaky, _: &mut Vec<u32>) -> Result<String, Fault> {
    Ok(spare())
}

#[test]
fn case_2492() {
    let mut sink = vec![0];
    let flaky = Flaky::failing(0);
    let up = plain_2492(&flaky, &mut sink).seen();
    let mut sink = vec![0];
    let flaky = Flaky::failing(1);
    let down = plain_2492(&flaky, &mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let flaky = Flaky::failing(failures);
        let seen = with_2492(&flaky, &mut sink).seen();
        let calls = [flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Mutable, Io, Question, [Fallback, Timeout, Unneeded]
#[fallback(spare_2494)]
#[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
#[fallback(value = spare(), when = never)]
fn with_2494(flaky: &Flaky, mut text: String) -> io::Result<String> {
    text.push('!');
    flaky.io()?;
    Ok(text)
}

fn plain_2494(flaky: &Flaky, mut text: String) -> io::Result<String> {
    text.push('!');
    flaky.io()?;
    Ok(text)
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2494(_: &Flaky, _: String) -> io::Result<String> {
    Ok(spare())
}

#[test]
fn case_2494() {
    let flaky = Flaky::failing(0);
    let up = plain_2494(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2494(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2494(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Copied, Result, Return, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(Self::spare_2496)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[fallback(value = spare(), when = never)]
    fn with_2496(&self, number: u32) -> Result<String, Fault> {
        let text = show(number + 1);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_2496(&self, number: u32) -> Result<String, Fault> {
        let text = show(number + 1);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2496(_: u32) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_2496() {
    let host = Host::failing(0);
    let up = host.plain_2496(7).seen();
    let host = Host::failing(1);
    let down = host.plain_2496(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2496(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Generic, Alias, Items, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(Self::spare_2498)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[fallback(value = spare(), when = never)]
    fn with_2498<T: Clone + Display>(&self, value: T) -> Answer<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    fn plain_2498<T: Clone + Display>(&self, value: T) -> Answer<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2498<T: Clone + Display>(_: T) -> Answer<String> {
        Ok(spare())
    }
}

#[test]
fn case_2498() {
    let host = Host::failing(0);
    let up = host.plain_2498("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2498("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2498("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Impl, Io, Closure, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(Self::spare_2504)]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    #[fallback(value = spare(), when = never)]
    fn with_2504(&mut self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        self.touched += 1;
        let text = show(text.as_ref());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }

    fn plain_2504(&mut self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        self.touched += 1;
        let text = show(text.as_ref());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2504(_: impl AsRef<str> + Clone) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_2504() {
    let mut host = Host::failing(0);
    let up = host.plain_2504("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2504("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2504("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Array, Option, Tail, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(Self::spare_2506)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[fallback(value = spare(), when = never)]
    fn with_2506<const N: usize>(&mut self, list: [u32; N]) -> Option<String> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() { Some(text) } else { None }
    }

    fn plain_2506<const N: usize>(&mut self, list: [u32; N]) -> Option<String> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() { Some(text) } else { None }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2506<const N: usize>(_: [u32; N]) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_2506() {
    let mut host = Host::failing(0);
    let up = host.plain_2506([1, 2, 3]).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2506([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2506([1, 2, 3]).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Borrowed, Io, Question, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(value = spare())]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    #[fallback(value = spare(), when = never)]
    fn with_2508(self: Arc<Self>, text: &str) -> io::Result<String> {
        let text = text.to_owned() + "!";
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_2508(self: Arc<Self>, text: &str) -> io::Result<String> {
        let text = text.to_owned() + "!";
        self.flaky.io()?;
        Ok(text)
    }
}

#[test]
fn case_2508() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2508("text").seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2508("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2508("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Owned, Object, Question, [Fallback, Timeout, Unneeded]
trait Trait2513 {
    fn with_2513(&self, _: String) -> Result<Boxed, Fault>;
}

impl Trait2513 for Host {
    #[fallback(Self::spare_2513)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[fallback(value = Box::new(spare()), when = never)]
    fn with_2513(&self, text: String) -> Result<Boxed, Fault> {
        let text = text + "!";
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

impl Trait2513 for Twin {
    fn with_2513(&self, text: String) -> Result<Boxed, Fault> {
        let text = text + "!";
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2513(_: String) -> Result<Boxed, Fault> {
        Ok(Box::new(spare()))
    }
}

#[test]
fn case_2513() {
    let host = Twin::failing(0);
    let up = host.with_2513("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2513("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2513("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, TraitExclusive, Wild, Option, Loop, [Fallback, Timeout, Unneeded]
trait Trait2555 {
    async fn with_2555(&mut self, _: String) -> Option<String>;
}

impl Trait2555 for Host {
    #[fallback(value = spare())]
    #[timeout(secs = 55)]
    #[fallback(value = spare(), when = never)]
    async fn with_2555(&mut self, _: String) -> Option<String> {
        self.touched += 1;
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait2555 for Twin {
    async fn with_2555(&mut self, _: String) -> Option<String> {
        self.touched += 1;
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2555() {
    let mut host = Twin::failing(0);
    let up = send(host.with_2555("text".to_owned())).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_2555("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2555("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Pair, Option, Question, [Named, Retry, Breaker]
#[circuit_breaker(name = "matrix with_2559", failure_threshold = 100)]
#[retry(max = 3, backoff = "none", when = |_error| true)]
#[circuit_breaker(failure_threshold = 100)]
fn with_2559(flaky: &Flaky, (first, second): (String, u32)) -> Option<String> {
    let text = first + &second.to_string();
    flaky.option()?;
    Some(text)
}

fn plain_2559(flaky: &Flaky, (first, second): (String, u32)) -> Option<String> {
    let text = first + &second.to_string();
    flaky.option()?;
    Some(text)
}

#[test]
fn case_2559() {
    let flaky = Flaky::failing(0);
    let up = plain_2559(&flaky, ("text".to_owned(), 7)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2559(&flaky, ("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2559(&flaky, ("text".to_owned(), 7)).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Wild, Object, Closure, [Named, Retry, Breaker]
#[circuit_breaker(name = "matrix with_2560", failure_threshold = 100)]
#[retry(attempts = 4, backoff = "none", when = always)]
#[circuit_breaker(failure_threshold = 100)]
fn with_2560(flaky: &Flaky, _: String) -> Result<Boxed, Fault> {
    let text = String::from("alone");
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(Box::new(text)) } else { Err(Fault::Down) }
}

fn plain_2560(flaky: &Flaky, _: String) -> Result<Boxed, Fault> {
    let text = String::from("alone");
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(Box::new(text)) } else { Err(Fault::Down) }
}

#[test]
fn case_2560() {
    let flaky = Flaky::failing(0);
    let up = plain_2560(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2560(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2560(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, None, Alias, Question, [Named, Retry, Breaker]
impl Host {
    #[circuit_breaker(name = "matrix with_2561", failure_threshold = 100)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2561(&self) -> Answer<String> {
        let text = String::from("alone");
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2561(&self) -> Answer<String> {
        let text = String::from("alone");
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_2561() {
    let host = Host::failing(0);
    let up = host.plain_2561().seen();
    let host = Host::failing(1);
    let down = host.plain_2561().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2561().seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Owned, Result, Tail, [Named, Retry, Breaker]
impl Host {
    #[circuit_breaker(name = "matrix with_2562", failure_threshold = 100)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2562(&self, text: String) -> Result<String, Fault> {
        let text = text + "!";
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2562(&self, text: String) -> Result<String, Fault> {
        let text = text + "!";
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2562() {
    let host = Host::failing(0);
    let up = host.plain_2562("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2562("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2562("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Sink, Option, Tail, [Named, Retry, Breaker]
impl Host {
    #[circuit_breaker(name = "matrix with_2563", failure_threshold = 100)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2563(&self, sink: &mut Vec<u32>) -> Option<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() { Some(text) } else { None }
    }

    fn plain_2563(&self, sink: &mut Vec<u32>) -> Option<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() { Some(text) } else { None }
    }
}

#[test]
fn case_2563() {
    let mut sink = vec![0];
    let host = Host::failing(0);
    let up = host.plain_2563(&mut sink).seen();
    let mut sink = vec![0];
    let host = Host::failing(1);
    let down = host.plain_2563(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Host::failing(failures);
        let seen = host.with_2563(&mut sink).seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Impl, Alias, Loop, [Named, Retry, Breaker]
impl Host {
    #[circuit_breaker(name = "matrix with_2564", failure_threshold = 100)]
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2564(&self, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2564(&self, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_2564() {
    let host = Host::failing(0);
    let up = host.plain_2564("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2564("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2564("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Copied, Alias, Closure, [Named, Retry, Breaker]
trait Trait2578 {
    fn with_2578(&self, _: u32) -> Answer<String>;
}

impl Trait2578 for Host {
    #[circuit_breaker(name = "matrix with_2578", failure_threshold = 100)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2578(&self, number: u32) -> Answer<String> {
        let text = show(number + 1);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait2578 for Twin {
    fn with_2578(&self, number: u32) -> Answer<String> {
        let text = show(number + 1);
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2578() {
    let host = Twin::failing(0);
    let up = host.with_2578(7).seen();
    let host = Twin::failing(1);
    let down = host.with_2578(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2578(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Mutable, Io, Return, [Named, Retry, Breaker]
trait Trait2587 {
    fn with_2587(&mut self, _: String) -> io::Result<String>;
}

impl Trait2587 for Host {
    #[circuit_breaker(name = "matrix with_2587", failure_threshold = 100, map_err = to_io)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    fn with_2587(&mut self, mut text: String) -> io::Result<String> {
        self.touched += 1;
        text.push('!');
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

impl Trait2587 for Twin {
    fn with_2587(&mut self, mut text: String) -> io::Result<String> {
        self.touched += 1;
        text.push('!');
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

#[test]
fn case_2587() {
    let mut host = Twin::failing(0);
    let up = host.with_2587("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2587("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2587("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Borrowed, Result, Loop, [Named, Retry, Breaker]
impl Host {
    #[circuit_breaker(name = "matrix with_2601", failure_threshold = 100)]
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_2601(&mut self, text: &str) -> Result<String, Fault> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    async fn plain_2601(&mut self, text: &str) -> Result<String, Fault> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..2 {
                pause().await;
                rounds += 1;
                if step == 0 {
                    continue;
                }
                if rounds < 4 {
                    continue 'outer;
                }
                break 'outer text;
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2601() {
    let mut host = Host::failing(0);
    let up = send(host.plain_2601("text")).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_2601("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2601("text")).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Arc, Array, Alias, Question, [Named, Retry, Breaker]
impl Host {
    #[circuit_breaker(name = "matrix with_2610", failure_threshold = 100)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_2610<const N: usize>(self: Arc<Self>, list: [u32; N]) -> Answer<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }

    async fn plain_2610<const N: usize>(self: Arc<Self>, list: [u32; N]) -> Answer<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2610() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2610([1, 2, 3])).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2610([1, 2, 3])).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2610([1, 2, 3])).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Trait, Generic, Option, Items, [Named, Retry, Breaker]
trait Trait2613 {
    async fn with_2613<T: Clone + Display>(&self, _: T) -> Option<String>;
}

impl Trait2613 for Host {
    #[circuit_breaker(name = "matrix with_2613", failure_threshold = 100)]
    #[retry(base_delay = "10ms")]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_2613<T: Clone + Display>(&self, value: T) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

impl Trait2613 for Twin {
    async fn with_2613<T: Clone + Display>(&self, value: T) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2613() {
    let host = Twin::failing(0);
    let up = send(host.with_2613("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2613("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2613("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, None, Result, Closure, [Cached, Timeout, Fallback, Retry, Breaker, Timeout]
#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(spare_2622)]
#[retry(attempts = 4, backoff = "none", when = always)]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 35, mode = "cooperative")]
fn with_2622(flaky: &Flaky) -> Result<String, Fault> {
    let text = String::from("alone");
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
}

fn plain_2622(flaky: &Flaky) -> Result<String, Fault> {
    let text = String::from("alone");
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2622(_: &Flaky) -> Result<String, Fault> {
    Ok(spare())
}

#[test]
fn case_2622() {
    let flaky = Flaky::failing(0);
    let up = plain_2622(&flaky).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2622(&flaky).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2622(&flaky).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Impl, Object, Question, [Cached, Timeout, Fallback, Retry, Breaker, Timeout]
#[cached(key = text.as_ref())]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(|_error| Ok(Arc::new(spare()) as Shared))]
#[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 35, mode = "cooperative")]
fn with_2627(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<Shared, Fault> {
    let text = show(text.as_ref());
    flaky.result()?;
    Ok(Arc::new(text))
}

fn plain_2627(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<Shared, Fault> {
    let text = show(text.as_ref());
    flaky.result()?;
    Ok(Arc::new(text))
}

#[test]
fn case_2627() {
    let flaky = Flaky::failing(0);
    let up = plain_2627(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2627(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2627(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2627(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2627(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2627(&flaky, "other").seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}
