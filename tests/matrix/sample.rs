// Written by `generate.rs`, not by hand.

use super::support::*;

// sync, Free, Sink, Result, Question, [Retry]
#[retry(max = 3, backoff = "none")]
fn with_0004(flaky: &Flaky, sink: &mut Vec<u32>) -> Result<String, Fault> {
    sink.push(7);
    let text = format!("{:?}", sink.last());
    flaky.result()?;
    Ok(text)
}

fn plain_0004(flaky: &Flaky, sink: &mut Vec<u32>) -> Result<String, Fault> {
    sink.push(7);
    let text = format!("{:?}", sink.last());
    flaky.result()?;
    Ok(text)
}

#[test]
fn case_0004() {
    let mut sink = vec![0];
    let flaky = Flaky::failing(0);
    let up = plain_0004(&flaky, &mut sink).seen();
    let mut sink = vec![0];
    let flaky = Flaky::failing(1);
    let down = plain_0004(&flaky, &mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let flaky = Flaky::failing(failures);
        let seen = with_0004(&flaky, &mut sink).seen();
        let calls = [flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Trait, Borrowed, Object, Return, [Cached]
trait Trait0469 {
    async fn with_0469(&self, _: &str) -> Result<Shared, Fault>;
}

impl Trait0469 for Host {
    #[cached(skip(self))]
    async fn with_0469(&self, text: &str) -> Result<Shared, Fault> {
        let text = text.to_owned() + "!";
        pause().await;
        if self.flaky.up() {
            return Ok(Arc::new(text));
        }
        Err(Fault::Down)
    }
}

impl Trait0469 for Twin {
    async fn with_0469(&self, text: &str) -> Result<Shared, Fault> {
        let text = text.to_owned() + "!";
        pause().await;
        if self.flaky.up() {
            return Ok(Arc::new(text));
        }
        Err(Fault::Down)
    }
}

#[tokio::test(start_paused = true)]
async fn case_0469() {
    let host = Twin::failing(0);
    let up = send(host.with_0469("text")).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_0469("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_0469("text")).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_0469("other")).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_0469("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_0469("other")).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Generic, Object, Loop, [Fallback]
#[fallback(value = Box::new(spare()))]
fn with_0481<T: Clone + Display>(flaky: &Flaky, value: T) -> Result<Boxed, Fault> {
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
    flaky.result()?;
    Ok(Box::new(text))
}

fn plain_0481<T: Clone + Display>(flaky: &Flaky, value: T) -> Result<Boxed, Fault> {
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
    flaky.result()?;
    Ok(Box::new(text))
}

#[test]
fn case_0481() {
    let flaky = Flaky::failing(0);
    let up = plain_0481(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_0481(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_0481(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Pair, Option, Question, [Timeout, Retry]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry(attempts = 4, backoff = "none", when = always)]
    fn with_0794(&mut self, (first, second): (String, u32)) -> Option<String> {
        self.touched += 1;
        let text = first + &second.to_string();
        self.flaky.option()?;
        Some(text)
    }

    fn plain_0794(&mut self, (first, second): (String, u32)) -> Option<String> {
        self.touched += 1;
        let text = first + &second.to_string();
        self.flaky.option()?;
        Some(text)
    }
}

#[test]
fn case_0794() {
    let mut host = Host::failing(0);
    let up = host.plain_0794(("text".to_owned(), 7)).seen();
    let mut host = Host::failing(1);
    let down = host.plain_0794(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_0794(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Borrowed, Result, Closure, [Cached, Timeout]
impl Host {
    #[cached(skip(self))]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_1236(&self, text: &str) -> Result<String, Fault> {
        let text = text.to_owned() + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_1236(&self, text: &str) -> Result<String, Fault> {
        let text = text.to_owned() + "!";
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
fn case_1236() {
    let host = Host::failing(0);
    let up = host.plain_1236("text").seen();
    let host = Host::failing(1);
    let down = host.plain_1236("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1236("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_1236("other").seen();
    let host = Host::failing(1);
    let down = host.plain_1236("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1236("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Exclusive, Wild, Result, Closure, [Fallback, Breaker]
impl Host {
    #[fallback(self.spare_1497)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1497(&mut self, _: String) -> Result<String, Fault> {
        self.touched += 1;
        let text = String::from("alone");
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_1497(&mut self, _: String) -> Result<String, Fault> {
        self.touched += 1;
        let text = String::from("alone");
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_1497(&self, _: String) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_1497() {
    let mut host = Host::failing(0);
    let up = host.plain_1497("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_1497("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_1497("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Sink, Object, Loop, [Fallback, Breaker]
trait Trait1511 {
    fn with_1511(&mut self, _: &mut Vec<u32>) -> Result<Boxed, Fault>;
}

impl Trait1511 for Host {
    #[fallback(|_error| Ok(Box::new(spare()) as Boxed))]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1511(&mut self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        self.touched += 1;
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
        Ok(Box::new(text))
    }
}

impl Trait1511 for Twin {
    fn with_1511(&mut self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        self.touched += 1;
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
        Ok(Box::new(text))
    }
}

#[test]
fn case_1511() {
    let mut sink = vec![0];
    let mut host = Twin::failing(0);
    let up = host.with_1511(&mut sink).seen();
    let mut sink = vec![0];
    let mut host = Twin::failing(1);
    let down = host.with_1511(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = host.with_1511(&mut sink).seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Borrowed, Io, Loop, [Fallback, Cached]
impl Host {
    #[fallback(self.spare_1559)]
    #[cached(skip(self))]
    fn with_1559(self: Arc<Self>, text: &str) -> io::Result<String> {
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
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_1559(self: Arc<Self>, text: &str) -> io::Result<String> {
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
        self.flaky.io()?;
        Ok(text)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_1559(&self, _: &str) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_1559() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_1559("text").seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_1559("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_1559("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_1559("other").seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_1559("other").seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_1559("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
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

// async, Arc, Pair, Io, Tail, [Retry, Timeout, Cached]
impl Host {
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 55, map_err = to_io)]
    #[cached(skip(self))]
    async fn with_1604(self: Arc<Self>, (first, second): (String, u32)) -> io::Result<String> {
        let text = first + &second.to_string();
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }

    async fn plain_1604(self: Arc<Self>, (first, second): (String, u32)) -> io::Result<String> {
        let text = first + &second.to_string();
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_1604() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_1604(("text".to_owned(), 7))).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_1604(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_1604(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_1604(("text".to_owned(), 8))).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_1604(("text".to_owned(), 8))).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_1604(("text".to_owned(), 8))).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Wild, Option, Question, [Retry, Cached, Timeout]
#[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 50, mode = "cooperative")]
fn with_1638(flaky: &Flaky, _: String) -> Option<String> {
    let text = String::from("alone");
    flaky.option()?;
    Some(text)
}

fn plain_1638(flaky: &Flaky, _: String) -> Option<String> {
    let text = String::from("alone");
    flaky.option()?;
    Some(text)
}

#[test]
fn case_1638() {
    let flaky = Flaky::failing(0);
    let up = plain_1638(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1638(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1638(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Owned, Result, Tail, [Retry, Cached, Breaker]
impl Host {
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1648(self: Arc<Self>, text: String) -> Result<String, Fault> {
        let text = text + "!";
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_1648(self: Arc<Self>, text: String) -> Result<String, Fault> {
        let text = text + "!";
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_1648() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_1648("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_1648("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_1648("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_1648("other".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_1648("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_1648("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, TraitExclusive, Wild, Object, Loop, [Timeout, Retry, Breaker]
trait Trait1665 {
    fn with_1665(&mut self, _: String) -> Result<Boxed, Fault>;
}

impl Trait1665 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1665(&mut self, _: String) -> Result<Boxed, Fault> {
        self.touched += 1;
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
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

impl Trait1665 for Twin {
    fn with_1665(&mut self, _: String) -> Result<Boxed, Fault> {
        self.touched += 1;
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
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

#[test]
fn case_1665() {
    let mut host = Twin::failing(0);
    let up = host.with_1665("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_1665("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_1665("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Free, Array, Option, Closure, [Timeout, Cached, Retry]
#[timeout(secs = 60)]
#[cached(skip(flaky), ttl = 600)]
#[retry(attempts = 4, backoff = "none", when = always)]
async fn with_1704<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Option<String> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    pause().await;
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Some(text) } else { None }
}

async fn plain_1704<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Option<String> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    pause().await;
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Some(text) } else { None }
}

#[tokio::test(start_paused = true)]
async fn case_1704() {
    let flaky = Flaky::failing(0);
    let up = send(plain_1704(&flaky, [1, 2, 3])).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_1704(&flaky, [1, 2, 3])).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_1704(&flaky, [1, 2, 3])).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_1704(&flaky, [1, 5])).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_1704(&flaky, [1, 5])).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_1704(&flaky, [1, 5])).await.seen();
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

// sync, TraitExclusive, Sink, Result, Closure, [Breaker, Timeout, Fallback]
trait Trait1795 {
    fn with_1795(&mut self, _: &mut Vec<u32>) -> Result<String, Fault>;
}

impl Trait1795 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[fallback(Self::spare_1795)]
    fn with_1795(&mut self, sink: &mut Vec<u32>) -> Result<String, Fault> {
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

impl Trait1795 for Twin {
    fn with_1795(&mut self, sink: &mut Vec<u32>) -> Result<String, Fault> {
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

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_1795(_: &mut Vec<u32>) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_1795() {
    let mut sink = vec![0];
    let mut host = Twin::failing(0);
    let up = host.with_1795(&mut sink).seen();
    let mut sink = vec![0];
    let mut host = Twin::failing(1);
    let down = host.with_1795(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = host.with_1795(&mut sink).seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
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

// sync, Free, Impl, Result, Loop, [Cached, Retry, Timeout]
#[cached(key = text.as_ref())]
#[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
#[timeout(secs = 50, mode = "cooperative")]
fn with_1822(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
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
    Ok(text)
}

fn plain_1822(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
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
    Ok(text)
}

#[test]
fn case_1822() {
    let flaky = Flaky::failing(0);
    let up = plain_1822(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1822(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1822(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_1822(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_1822(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_1822(&flaky, "other").seen();
    let calls = [flaky.calls()];
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
#[circuit_breaker(failure_threshold = 100, map_err = to_io, log_errors = true)]
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

// sync, Shared, Borrowed, Object, Loop, [Cached, Breaker, Timeout]
impl Host {
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_1867(&self, text: &str) -> Result<Shared, Fault> {
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
        Ok(Arc::new(text))
    }

    fn plain_1867(&self, text: &str) -> Result<Shared, Fault> {
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
        Ok(Arc::new(text))
    }
}

#[test]
fn case_1867() {
    let host = Host::failing(0);
    let up = host.plain_1867("text").seen();
    let host = Host::failing(1);
    let down = host.plain_1867("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1867("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_1867("other").seen();
    let host = Host::failing(1);
    let down = host.plain_1867("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1867("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Pair, Option, Items, [Cached, Fallback, Breaker]
impl Host {
    #[cached(skip(self))]
    #[fallback(value = spare())]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1889(&self, (first, second): (String, u32)) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = first + &second.to_string();
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    fn plain_1889(&self, (first, second): (String, u32)) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = first + &second.to_string();
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[test]
fn case_1889() {
    let host = Host::failing(0);
    let up = host.plain_1889(("text".to_owned(), 7)).seen();
    let host = Host::failing(1);
    let down = host.plain_1889(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1889(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_1889(("text".to_owned(), 8)).seen();
    let host = Host::failing(1);
    let down = host.plain_1889(("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1889(("text".to_owned(), 8)).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Arc, Copied, Object, Closure, [Fallback, Retry, Cached]
impl Host {
    #[fallback(self.spare_1926)]
    #[retry(base_delay = "10ms")]
    #[cached(skip(self))]
    async fn with_1926(self: Arc<Self>, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }

    async fn plain_1926(self: Arc<Self>, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_1926(&self, _: u32) -> Result<Shared, Fault> {
        Ok(Arc::new(spare()))
    }
}

#[tokio::test(start_paused = true)]
async fn case_1926() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_1926(7)).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_1926(7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_1926(7)).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_1926(8)).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_1926(8)).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_1926(8)).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
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

// sync, Trait, Generic, Option, Question, [Fallback, Timeout, Cached]
trait Trait1954 {
    fn with_1954<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, _: T) -> Option<String>;
}

impl Trait1954 for Host {
    #[fallback(Self::spare_1954)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[cached(skip(self))]
    fn with_1954<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Option<String> {
        let text = show(value);
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait1954 for Twin {
    fn with_1954<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Option<String> {
        let text = show(value);
        self.flaky.option()?;
        Some(text)
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_1954<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(_: T) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_1954() {
    let host = Twin::failing(0);
    let up = host.with_1954("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_1954("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1954("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_1954("other".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_1954("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1954("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Trait, Wild, Option, Tail, [Fallback, Cached, Retry]
trait Trait1995 {
    async fn with_1995(&self, _: String) -> Option<String>;
}

impl Trait1995 for Host {
    #[fallback(self.spare_1995)]
    #[cached(skip(self))]
    #[retry(attempts = 4, backoff = "none", when = always)]
    async fn with_1995(&self, _: String) -> Option<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() { Some(text) } else { None }
    }
}

impl Trait1995 for Twin {
    async fn with_1995(&self, _: String) -> Option<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() { Some(text) } else { None }
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    async fn spare_1995(&self, _: String) -> Option<String> {
        pause().await; Some(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_1995() {
    let host = Twin::failing(0);
    let up = send(host.with_1995("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1995("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_1995("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
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
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false, log_errors = true)]
    #[timeout(secs = 55)]
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
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

// async, Exclusive, Owned, Option, Items, [Retry, Breaker, Timeout, Fallback]
impl Host {
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 50)]
    #[fallback(value = spare())]
    async fn with_2025(&mut self, text: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = text + "!";
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    async fn plain_2025(&mut self, text: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = text + "!";
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2025() {
    let mut host = Host::failing(0);
    let up = send(host.plain_2025("text".to_owned())).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_2025("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2025("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
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

// async, Shared, Mutable, Object, Tail, [Timeout, Fallback, Retry, Breaker]
impl Host {
    #[timeout(secs = 60)]
    #[fallback(|_error| Ok(Box::new(spare()) as Boxed))]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_2051(&self, mut text: String) -> Result<Boxed, Fault> {
        text.push('!');
        pause().await;
        if self.flaky.up() { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }

    async fn plain_2051(&self, mut text: String) -> Result<Boxed, Fault> {
        text.push('!');
        pause().await;
        if self.flaky.up() { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2051() {
    let host = Host::failing(0);
    let up = send(host.plain_2051("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2051("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2051("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
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

// async, Arc, Copied, Object, Loop, [Breaker, Retry, Cached, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
    #[retry(attempts = 4, backoff = "none", when = always, log_errors = true)]
    #[cached(skip(self))]
    #[timeout(secs = 45)]
    async fn with_2063(self: Arc<Self>, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
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
        Ok(Arc::new(text))
    }

    async fn plain_2063(self: Arc<Self>, number: u32) -> Result<Shared, Fault> {
        let text = show(number + 1);
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
        Ok(Arc::new(text))
    }
}

#[tokio::test(start_paused = true)]
async fn case_2063() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2063(7)).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2063(7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2063(7)).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2063(8)).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2063(8)).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2063(8)).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, TraitExclusive, Generic, Io, Loop, [Breaker, Timeout, Fallback, Retry]
trait Trait2071 {
    async fn with_2071<T: Clone + Display>(&mut self, _: T) -> io::Result<String>;
}

impl Trait2071 for Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io, log_errors = true)]
    #[timeout(secs = 55, map_err = to_io)]
    #[fallback(|_error| Ok(spare()), log_errors = true)]
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false, log_errors = true)]
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

// sync, Free, Impl, Result, Items, [Breaker, Timeout, Fallback, Cached]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(value = spare())]
#[cached(key = text.as_ref())]
fn with_2072(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = show(text.as_ref());
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

fn plain_2072(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = show(text.as_ref());
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

#[test]
fn case_2072() {
    let flaky = Flaky::failing(0);
    let up = plain_2072(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2072(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2072(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2072(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2072(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2072(&flaky, "other").seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Impl, Alias, Return, [Breaker, Cached, Retry, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
    #[cached(key = text.as_ref())]
    #[retry(max = 3, backoff = "none", when = |_error| true, log_errors = true)]
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

// sync, Shared, Pair, Alias, Closure, [Cached, Breaker, Retry, Timeout]
impl Host {
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
    #[retry(attempts = 4, backoff = "none", when = always, log_errors = true)]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2090(&self, (first, second): (String, u32)) -> Answer<String> {
        let text = first + &second.to_string();
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2090(&self, (first, second): (String, u32)) -> Answer<String> {
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
fn case_2090() {
    let host = Host::failing(0);
    let up = host.plain_2090(("text".to_owned(), 7)).seen();
    let host = Host::failing(1);
    let down = host.plain_2090(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2090(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2090(("text".to_owned(), 8)).seen();
    let host = Host::failing(1);
    let down = host.plain_2090(("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2090(("text".to_owned(), 8)).seen();
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

// async, Shared, None, Alias, Question, [Fallback, Cached, Retry, Timeout]
impl Host {
    #[fallback(|_error| Ok(spare()))]
    #[cached(skip(self))]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[timeout(secs = 45)]
    async fn with_2127(&self) -> Answer<String> {
        let text = String::from("alone");
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }

    async fn plain_2127(&self) -> Answer<String> {
        let text = String::from("alone");
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2127() {
    let host = Host::failing(0);
    let up = send(host.plain_2127()).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2127()).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2127()).await.seen();
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

// async, Shared, Borrowed, Result, Loop, [Retry, Timeout, Breaker, Cached, Fallback]
impl Host {
    #[retry(base_delay = "10ms", log_errors = true)]
    #[timeout(secs = 55)]
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
    #[cached(skip(self))]
    #[fallback(|_error| Ok(spare()), log_errors = true)]
    async fn with_2135(&self, text: &str) -> Result<String, Fault> {
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

    async fn plain_2135(&self, text: &str) -> Result<String, Fault> {
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
async fn case_2135() {
    let host = Host::failing(0);
    let up = send(host.plain_2135("text")).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2135("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2135("text")).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_2135("other")).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2135("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2135("other")).await.seen();
    let calls = [host.flaky.calls()];
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

// async, Shared, Impl, Alias, Tail, [Retry, Breaker, Timeout, Cached, Fallback]
impl Host {
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 50)]
    #[cached(key = text.as_ref())]
    #[fallback(self.spare_2141)]
    async fn with_2141(&self, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    async fn plain_2141(&self, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    async fn spare_2141(&self, _: impl AsRef<str> + Clone) -> Answer<String> {
        pause().await; Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2141() {
    let host = Host::failing(0);
    let up = send(host.plain_2141("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2141("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2141("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_2141("other")).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2141("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2141("other")).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Arc, Pair, Alias, Closure, [Retry, Breaker, Cached, Timeout, Fallback]
impl Host {
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[timeout(secs = 45)]
    #[fallback(Self::spare_2143)]
    async fn with_2143(self: Arc<Self>, (first, second): (String, u32)) -> Answer<String> {
        let text = first + &second.to_string();
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    async fn plain_2143(self: Arc<Self>, (first, second): (String, u32)) -> Answer<String> {
        let text = first + &second.to_string();
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    async fn spare_2143(_: (String, u32)) -> Answer<String> {
        pause().await; Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2143() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2143(("text".to_owned(), 7))).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2143(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2143(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2143(("text".to_owned(), 8))).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2143(("text".to_owned(), 8))).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2143(("text".to_owned(), 8))).await.seen();
    let calls = [host.flaky.calls()];
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
    #[retry(max = 3, backoff = "none", log_errors = true)]
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
    #[timeout(secs = 45)]
    #[fallback(Self::spare_2147, log_errors = true)]
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
#[retry(max = 3, backoff = "none", log_errors = true)]
#[cached(skip(flaky), ttl = 600)]
#[fallback(|_error| Ok(Arc::new(spare()) as Shared), log_errors = true)]
#[circuit_breaker(failure_threshold = 100, log_errors = true)]
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

// sync, Trait, Impl, Io, Question, [Timeout, Retry, Cached, Fallback, Breaker]
trait Trait2150 {
    fn with_2150(&self, _: impl AsRef<str> + Clone) -> io::Result<String>;
}

impl Trait2150 for Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[cached(key = text.as_ref())]
    #[fallback(Self::spare_2150)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    fn with_2150(&self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        let text = show(text.as_ref());
        self.flaky.io()?;
        Ok(text)
    }
}

impl Trait2150 for Twin {
    fn with_2150(&self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        let text = show(text.as_ref());
        self.flaky.io()?;
        Ok(text)
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2150(_: impl AsRef<str> + Clone) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_2150() {
    let host = Twin::failing(0);
    let up = host.with_2150("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2150("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2150("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2150("other").seen();
    let host = Twin::failing(1);
    let down = host.with_2150("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2150("other").seen();
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

// sync, Trait, Wild, Option, Question, [Timeout, Breaker, Cached, Fallback, Retry]
trait Trait2154 {
    fn with_2154(&self, _: String) -> Option<String>;
}

impl Trait2154 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[fallback(Self::spare_2154)]
    #[retry(max = 3, backoff = "none")]
    fn with_2154(&self, _: String) -> Option<String> {
        let text = String::from("alone");
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait2154 for Twin {
    fn with_2154(&self, _: String) -> Option<String> {
        let text = String::from("alone");
        self.flaky.option()?;
        Some(text)
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2154(_: String) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_2154() {
    let host = Twin::failing(0);
    let up = host.with_2154("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2154("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2154("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Free, Owned, Io, Question, [Timeout, Cached, Fallback, Breaker, Retry]
#[timeout(secs = 60, map_err = to_io)]
#[cached(skip(flaky), ttl = 600)]
#[fallback(spare_2157, log_errors = true)]
#[circuit_breaker(failure_threshold = 100, map_err = to_io, log_errors = true)]
#[retry(max = 3, backoff = "none", log_errors = true)]
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

// async, Shared, Owned, Io, Return, [Timeout, Fallback, Retry, Breaker, Cached]
impl Host {
    #[timeout(secs = 60, map_err = to_io)]
    #[fallback(|_error| Ok(spare()))]
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[cached(skip(self))]
    async fn with_2159(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }

    async fn plain_2159(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2159() {
    let host = Host::failing(0);
    let up = send(host.plain_2159("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2159("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2159("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_2159("other".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2159("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2159("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Arc, Borrowed, Alias, Loop, [Timeout, Fallback, Breaker, Retry, Cached]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[fallback(value = spare(), log_errors = true)]
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
    #[retry(max = 3, backoff = "none", when = |_error| true, log_errors = true)]
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

// sync, Free, Generic, Io, Question, [Timeout, Fallback, Cached, Breaker, Retry]
#[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
#[fallback(value = spare())]
#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
#[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
fn with_2162<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(flaky: &Flaky, value: T) -> io::Result<String> {
    let text = show(value);
    flaky.io()?;
    Ok(text)
}

fn plain_2162<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(flaky: &Flaky, value: T) -> io::Result<String> {
    let text = show(value);
    flaky.io()?;
    Ok(text)
}

#[test]
fn case_2162() {
    let flaky = Flaky::failing(0);
    let up = plain_2162(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2162(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2162(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2162(&flaky, "other".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2162(&flaky, "other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2162(&flaky, "other".to_owned()).seen();
    let calls = [flaky.calls()];
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

// async, Trait, Array, Option, Question, [Breaker, Timeout, Cached, Fallback, Retry]
trait Trait2173 {
    async fn with_2173<const N: usize>(&self, _: [u32; N]) -> Option<String>;
}

impl Trait2173 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 55)]
    #[cached(skip(self))]
    #[fallback(Self::spare_2173)]
    #[retry(base_delay = "10ms")]
    async fn with_2173<const N: usize>(&self, list: [u32; N]) -> Option<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait2173 for Twin {
    async fn with_2173<const N: usize>(&self, list: [u32; N]) -> Option<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        self.flaky.option()?;
        Some(text)
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2173<const N: usize>(_: [u32; N]) -> Option<String> {
        Some(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2173() {
    let host = Twin::failing(0);
    let up = send(host.with_2173([1, 2, 3])).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2173([1, 2, 3])).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2173([1, 2, 3])).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_2173([1, 5])).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2173([1, 5])).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2173([1, 5])).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, None, Option, Items, [Breaker, Timeout, Fallback, Cached, Retry]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(|_error| Some(spare()))]
#[cached(skip(flaky), ttl = 600)]
#[retry(max = 3, backoff = "none")]
fn with_2174(flaky: &Flaky) -> Option<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = String::from("alone");
    flaky.option()?;
    let Marked(text) = marked(&text);
    Some(text)
}

fn plain_2174(flaky: &Flaky) -> Option<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = String::from("alone");
    flaky.option()?;
    let Marked(text) = marked(&text);
    Some(text)
}

#[test]
fn case_2174() {
    let flaky = Flaky::failing(0);
    let up = plain_2174(&flaky).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2174(&flaky).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2174(&flaky).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Pair, Object, Question, [Cached, Retry, Breaker, Timeout, Fallback]
impl Host {
    #[cached(skip(self))]
    #[retry(attempts = 4, backoff = "none", when = always, log_errors = true)]
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
    #[timeout(secs = 45, mode = "cooperative")]
    #[fallback(self.spare_2182, log_errors = true)]
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

// async, Arc, Generic, Result, Closure, [Cached, Fallback, Timeout, Retry, Breaker]
impl Host {
    #[cached(skip(self))]
    #[fallback(self.spare_2191, log_errors = true)]
    #[timeout(secs = 50)]
    #[retry(max = 3, backoff = "none", log_errors = true)]
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
    async fn with_2191<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> Result<String, Fault> {
        let text = show(value);
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    async fn plain_2191<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> Result<String, Fault> {
        let text = show(value);
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    async fn spare_2191<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, _: T) -> Result<String, Fault> {
        pause().await; Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2191() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2191("text".to_owned())).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2191("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2191("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2191("other".to_owned())).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2191("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2191("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Pair, Object, Loop, [Fallback, Retry, Timeout, Breaker, Cached]
impl Host {
    #[fallback(|_error| Ok(Arc::new(spare()) as Shared))]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 50, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    fn with_2196(&self, (first, second): (String, u32)) -> Result<Shared, Fault> {
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

    fn plain_2196(&self, (first, second): (String, u32)) -> Result<Shared, Fault> {
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

#[test]
fn case_2196() {
    let host = Host::failing(0);
    let up = host.plain_2196(("text".to_owned(), 7)).seen();
    let host = Host::failing(1);
    let down = host.plain_2196(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2196(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2196(("text".to_owned(), 8)).seen();
    let host = Host::failing(1);
    let down = host.plain_2196(("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2196(("text".to_owned(), 8)).seen();
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

// async, Arc, None, Result, Items, [Fallback, Timeout, Breaker, Retry, Cached]
impl Host {
    #[fallback(Self::spare_2207)]
    #[timeout(secs = 55)]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[cached(skip(self))]
    async fn with_2207(self: Arc<Self>) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    async fn plain_2207(self: Arc<Self>) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2207() -> Result<String, Fault> {
        Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2207() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2207()).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2207()).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2207()).await.seen();
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

// sync, Shared, Owned, Option, Tail, [Fallback, Breaker, Retry, Timeout, Cached]
impl Host {
    #[fallback(value = spare())]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[timeout(secs = 45, mode = "cooperative")]
    #[cached(skip(self))]
    fn with_2212(&self, text: String) -> Option<String> {
        let text = text + "!";
        if self.flaky.up() { Some(text) } else { None }
    }

    fn plain_2212(&self, text: String) -> Option<String> {
        let text = text + "!";
        if self.flaky.up() { Some(text) } else { None }
    }
}

#[test]
fn case_2212() {
    let host = Host::failing(0);
    let up = host.plain_2212("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2212("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2212("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2212("other".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2212("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2212("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Generic, Object, Tail, [Fallback, Breaker, Cached, Timeout, Retry]
#[fallback(spare_2216, log_errors = true)]
#[circuit_breaker(failure_threshold = 100, log_errors = true)]
#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 45, mode = "cooperative")]
#[retry(max = 3, backoff = "none", log_errors = true)]
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
    #[fallback(value = Arc::new(spare()), log_errors = true)]
    #[cached(key = text.as_ref())]
    #[timeout(secs = 50, mode = "cooperative")]
    #[retry(max = 3, backoff = "none", log_errors = true)]
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
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

// sync, Free, Mutable, Option, Items, [Fallback, Cached, Breaker, Timeout, Retry]
#[fallback(spare_2224)]
#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 45, mode = "cooperative")]
#[retry(max = 3, backoff = "none", when = |_error| true)]
fn with_2224(flaky: &Flaky, mut text: String) -> Option<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    text.push('!');
    flaky.option()?;
    let Marked(text) = marked(&text);
    Some(text)
}

fn plain_2224(flaky: &Flaky, mut text: String) -> Option<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    text.push('!');
    flaky.option()?;
    let Marked(text) = marked(&text);
    Some(text)
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2224(_: &Flaky, _: String) -> Option<String> {
    Some(spare())
}

#[test]
fn case_2224() {
    let flaky = Flaky::failing(0);
    let up = plain_2224(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2224(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2224(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2224(&flaky, "other".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2224(&flaky, "other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2224(&flaky, "other".to_owned()).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, None, Object, Return, [Timeout, Timeout]
#[timeout(secs = 60, mode = "cooperative")]
#[timeout(secs = 55, mode = "cooperative")]
fn with_2226(flaky: &Flaky) -> Result<Boxed, Fault> {
    let text = String::from("alone");
    if flaky.up() {
        return Ok(Box::new(text));
    }
    Err(Fault::Down)
}

fn plain_2226(flaky: &Flaky) -> Result<Boxed, Fault> {
    let text = String::from("alone");
    if flaky.up() {
        return Ok(Box::new(text));
    }
    Err(Fault::Down)
}

#[test]
fn case_2226() {
    let flaky = Flaky::failing(0);
    let up = plain_2226(&flaky).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2226(&flaky).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2226(&flaky).seen();
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

// sync, Exclusive, Owned, Io, Items, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    fn with_2238(&mut self, text: String) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = text + "!";
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    fn plain_2238(&mut self, text: String) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = text + "!";
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[test]
fn case_2238() {
    let mut host = Host::failing(0);
    let up = host.plain_2238("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2238("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2238("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Pair, Alias, Loop, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2246(self: Arc<Self>, (first, second): (String, u32)) -> Answer<String> {
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
        Ok(text)
    }

    fn plain_2246(self: Arc<Self>, (first, second): (String, u32)) -> Answer<String> {
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
        Ok(text)
    }
}

#[test]
fn case_2246() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2246(("text".to_owned(), 7)).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2246(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2246(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Borrowed, Option, Closure, [Timeout, Timeout]
trait Trait2255 {
    fn with_2255(&mut self, _: &str) -> Option<String>;
}

impl Trait2255 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2255(&mut self, text: &str) -> Option<String> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Some(text) } else { None }
    }
}

impl Trait2255 for Twin {
    fn with_2255(&mut self, text: &str) -> Option<String> {
        self.touched += 1;
        let text = text.to_owned() + "!";
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
fn case_2255() {
    let mut host = Twin::failing(0);
    let up = host.with_2255("text").seen();
    let mut host = Twin::failing(1);
    let down = host.with_2255("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2255("text").seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Generic, Result, Question, [Timeout, Timeout]
trait Trait2256 {
    fn with_2256<T: Clone + Display>(&mut self, _: T) -> Result<String, Fault>;
}

impl Trait2256 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2256<T: Clone + Display>(&mut self, value: T) -> Result<String, Fault> {
        self.touched += 1;
        let text = show(value);
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait2256 for Twin {
    fn with_2256<T: Clone + Display>(&mut self, value: T) -> Result<String, Fault> {
        self.touched += 1;
        let text = show(value);
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_2256() {
    let mut host = Twin::failing(0);
    let up = host.with_2256("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2256("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2256("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Trait, Sink, Io, Tail, [Timeout, Timeout]
trait Trait2283 {
    async fn with_2283(&self, _: &mut Vec<u32>) -> io::Result<String>;
}

impl Trait2283 for Host {
    #[timeout(secs = 60, map_err = to_io)]
    #[timeout(secs = 55, map_err = to_io)]
    async fn with_2283(&self, sink: &mut Vec<u32>) -> io::Result<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

impl Trait2283 for Twin {
    async fn with_2283(&self, sink: &mut Vec<u32>) -> io::Result<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2283() {
    let mut sink = vec![0];
    let host = Twin::failing(0);
    let up = send(host.with_2283(&mut sink)).await.seen();
    let mut sink = vec![0];
    let host = Twin::failing(1);
    let down = send(host.with_2283(&mut sink)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Host::failing(failures);
        let seen = send(host.with_2283(&mut sink)).await.seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Sink, Option, Tail, [Timeout, Retry, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2299(&self, sink: &mut Vec<u32>) -> Option<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() { Some(text) } else { None }
    }

    fn plain_2299(&self, sink: &mut Vec<u32>) -> Option<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() { Some(text) } else { None }
    }
}

#[test]
fn case_2299() {
    let mut sink = vec![0];
    let host = Host::failing(0);
    let up = host.plain_2299(&mut sink).seen();
    let mut sink = vec![0];
    let host = Host::failing(1);
    let down = host.plain_2299(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Host::failing(failures);
        let seen = host.with_2299(&mut sink).seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, None, Object, Items, [Fallback, Retry, Unneeded]
#[fallback(spare_2358)]
#[retry(attempts = 4, backoff = "none", when = always)]
#[fallback(value = Box::new(spare()), when = never)]
fn with_2358(flaky: &Flaky) -> Result<Boxed, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = String::from("alone");
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(Box::new(text))
}

fn plain_2358(flaky: &Flaky) -> Result<Boxed, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = String::from("alone");
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(Box::new(text))
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_2358(_: &Flaky) -> Result<Boxed, Fault> {
    Ok(Box::new(spare()))
}

#[test]
fn case_2358() {
    let flaky = Flaky::failing(0);
    let up = plain_2358(&flaky).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2358(&flaky).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2358(&flaky).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Mutable, Option, Tail, [Fallback, Retry, Unneeded]
#[fallback(value = spare())]
#[retry(attempts = 4, backoff = "none", when = always)]
#[fallback(value = spare(), when = never)]
fn with_2362(flaky: &Flaky, mut text: String) -> Option<String> {
    text.push('!');
    if flaky.up() { Some(text) } else { None }
}

fn plain_2362(flaky: &Flaky, mut text: String) -> Option<String> {
    text.push('!');
    if flaky.up() { Some(text) } else { None }
}

#[test]
fn case_2362() {
    let flaky = Flaky::failing(0);
    let up = plain_2362(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2362(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2362(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Borrowed, Result, Closure, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(Self::spare_2365)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[fallback(value = spare(), when = never)]
    fn with_2365(&self, text: &str) -> Result<String, Fault> {
        let text = text.to_owned() + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2365(&self, text: &str) -> Result<String, Fault> {
        let text = text.to_owned() + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2365(_: &str) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_2365() {
    let host = Host::failing(0);
    let up = host.plain_2365("text").seen();
    let host = Host::failing(1);
    let down = host.plain_2365("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2365("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Wild, Option, Loop, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(self.spare_2379)]
    #[retry(max = 3, backoff = "none")]
    #[fallback(value = spare(), when = never)]
    fn with_2379(self: Arc<Self>, _: String) -> Option<String> {
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

    fn plain_2379(self: Arc<Self>, _: String) -> Option<String> {
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

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2379(&self, _: String) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_2379() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2379("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2379("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2379("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Impl, Object, Question, [Fallback, Retry, Unneeded]
trait Trait2383 {
    fn with_2383(&self, _: impl AsRef<str> + Clone) -> Result<Boxed, Fault>;
}

impl Trait2383 for Host {
    #[fallback(Self::spare_2383, log_errors = true)]
    #[retry(max = 3, backoff = "none", when = |_error| true, log_errors = true)]
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

// sync, TraitExclusive, Copied, Result, Question, [Fallback, Retry, Unneeded]
trait Trait2386 {
    fn with_2386(&mut self, _: u32) -> Result<String, Fault>;
}

impl Trait2386 for Host {
    #[fallback(value = spare())]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[fallback(value = spare(), when = never)]
    fn with_2386(&mut self, number: u32) -> Result<String, Fault> {
        self.touched += 1;
        let text = show(number + 1);
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait2386 for Twin {
    fn with_2386(&mut self, number: u32) -> Result<String, Fault> {
        self.touched += 1;
        let text = show(number + 1);
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_2386() {
    let mut host = Twin::failing(0);
    let up = host.with_2386(7).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2386(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2386(7).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Generic, Alias, Return, [Fallback, Retry, Unneeded]
trait Trait2388 {
    fn with_2388<T: Clone + Display>(&mut self, _: T) -> Answer<String>;
}

impl Trait2388 for Host {
    #[fallback(value = spare())]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[fallback(value = spare(), when = never)]
    fn with_2388<T: Clone + Display>(&mut self, value: T) -> Answer<String> {
        self.touched += 1;
        let text = show(value);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

impl Trait2388 for Twin {
    fn with_2388<T: Clone + Display>(&mut self, value: T) -> Answer<String> {
        self.touched += 1;
        let text = show(value);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2388() {
    let mut host = Twin::failing(0);
    let up = host.with_2388("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2388("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2388("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Pair, Io, Closure, [Fallback, Retry, Unneeded]
trait Trait2389 {
    fn with_2389(&mut self, _: (String, u32)) -> io::Result<String>;
}

impl Trait2389 for Host {
    #[fallback(value = spare())]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[fallback(value = spare(), when = never)]
    fn with_2389(&mut self, (first, second): (String, u32)) -> io::Result<String> {
        self.touched += 1;
        let text = first + &second.to_string();
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

impl Trait2389 for Twin {
    fn with_2389(&mut self, (first, second): (String, u32)) -> io::Result<String> {
        self.touched += 1;
        let text = first + &second.to_string();
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
fn case_2389() {
    let mut host = Twin::failing(0);
    let up = host.with_2389(("text".to_owned(), 7)).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2389(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2389(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Sink, Alias, Tail, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(value = spare(), log_errors = true)]
    #[retry(base_delay = "10ms", log_errors = true)]
    #[fallback(value = spare(), when = never)]
    async fn with_2404(&mut self, sink: &mut Vec<u32>) -> Answer<String> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    async fn plain_2404(&mut self, sink: &mut Vec<u32>) -> Answer<String> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2404() {
    let mut sink = vec![0];
    let mut host = Host::failing(0);
    let up = send(host.plain_2404(&mut sink)).await.seen();
    let mut sink = vec![0];
    let mut host = Host::failing(1);
    let down = send(host.plain_2404(&mut sink)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = send(host.with_2404(&mut sink)).await.seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Generic, Io, Items, [Breaker, Unneeded, Timeout]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
#[fallback(value = spare(), when = never)]
#[timeout(secs = 50, mode = "cooperative", map_err = to_io)]
fn with_2426<T: Clone + Display>(flaky: &Flaky, value: T) -> io::Result<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = show(value);
    flaky.io()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

fn plain_2426<T: Clone + Display>(flaky: &Flaky, value: T) -> io::Result<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = show(value);
    flaky.io()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

#[test]
fn case_2426() {
    let flaky = Flaky::failing(0);
    let up = plain_2426(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2426(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2426(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Pair, Result, Tail, [Breaker, Unneeded, Timeout]
#[circuit_breaker(failure_threshold = 100)]
#[fallback(value = spare(), when = never)]
#[timeout(secs = 50, mode = "cooperative")]
fn with_2427(flaky: &Flaky, (first, second): (String, u32)) -> Result<String, Fault> {
    let text = first + &second.to_string();
    if flaky.up() { Ok(text) } else { Err(Fault::Down) }
}

fn plain_2427(flaky: &Flaky, (first, second): (String, u32)) -> Result<String, Fault> {
    let text = first + &second.to_string();
    if flaky.up() { Ok(text) } else { Err(Fault::Down) }
}

#[test]
fn case_2427() {
    let flaky = Flaky::failing(0);
    let up = plain_2427(&flaky, ("text".to_owned(), 7)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2427(&flaky, ("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2427(&flaky, ("text".to_owned(), 7)).seen();
        let calls = [flaky.calls()];
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

// sync, Shared, Impl, Option, Loop, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2432(&self, text: impl AsRef<str> + Clone) -> Option<String> {
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
        self.flaky.option()?;
        Some(text)
    }

    fn plain_2432(&self, text: impl AsRef<str> + Clone) -> Option<String> {
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
        self.flaky.option()?;
        Some(text)
    }
}

#[test]
fn case_2432() {
    let host = Host::failing(0);
    let up = host.plain_2432("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2432("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2432("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Array, Object, Question, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
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
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
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
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
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

// sync, Trait, Copied, Alias, Return, [Breaker, Unneeded, Timeout]
trait Trait2446 {
    fn with_2446(&self, _: u32) -> Answer<String>;
}

impl Trait2446 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2446(&self, number: u32) -> Answer<String> {
        let text = show(number + 1);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

impl Trait2446 for Twin {
    fn with_2446(&self, number: u32) -> Answer<String> {
        let text = show(number + 1);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2446() {
    let host = Twin::failing(0);
    let up = host.with_2446(7).seen();
    let host = Twin::failing(1);
    let down = host.with_2446(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2446(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, None, Io, Closure, [Breaker, Unneeded, Timeout]
trait Trait2451 {
    fn with_2451(&mut self) -> io::Result<String>;
}

impl Trait2451 for Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative", map_err = to_io)]
    fn with_2451(&mut self) -> io::Result<String> {
        self.touched += 1;
        let text = String::from("alone");
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

impl Trait2451 for Twin {
    fn with_2451(&mut self) -> io::Result<String> {
        self.touched += 1;
        let text = String::from("alone");
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
fn case_2451() {
    let mut host = Twin::failing(0);
    let up = host.with_2451().seen();
    let mut host = Twin::failing(1);
    let down = host.with_2451().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2451().seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Shared, Mutable, Option, Items, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50)]
    async fn with_2466(&self, mut text: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        text.push('!');
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    async fn plain_2466(&self, mut text: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        text.push('!');
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2466() {
    let host = Host::failing(0);
    let up = send(host.plain_2466("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2466("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2466("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Borrowed, Io, Question, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io, log_errors = true)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, map_err = to_io)]
    async fn with_2469(&mut self, text: &str) -> io::Result<String> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.io()?;
        Ok(text)
    }

    async fn plain_2469(&mut self, text: &str) -> io::Result<String> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.io()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2469() {
    let mut host = Host::failing(0);
    let up = send(host.plain_2469("text")).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_2469("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2469("text")).await.seen();
        let calls = [host.flaky.calls(), host.touched];
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

// sync, Shared, Wild, Option, Loop, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(self.spare_2500)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[fallback(value = spare(), when = never)]
    fn with_2500(&self, _: String) -> Option<String> {
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

    fn plain_2500(&self, _: String) -> Option<String> {
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

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_2500(&self, _: String) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_2500() {
    let host = Host::failing(0);
    let up = host.plain_2500("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2500("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2500("text".to_owned()).seen();
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

// sync, TraitExclusive, Copied, Alias, Tail, [Fallback, Timeout, Unneeded]
trait Trait2518 {
    fn with_2518(&mut self, _: u32) -> Answer<String>;
}

impl Trait2518 for Host {
    #[fallback(value = spare())]
    #[timeout(secs = 55, mode = "cooperative")]
    #[fallback(value = spare(), when = never)]
    fn with_2518(&mut self, number: u32) -> Answer<String> {
        self.touched += 1;
        let text = show(number + 1);
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait2518 for Twin {
    fn with_2518(&mut self, number: u32) -> Answer<String> {
        self.touched += 1;
        let text = show(number + 1);
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2518() {
    let mut host = Twin::failing(0);
    let up = host.with_2518(7).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2518(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2518(7).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Array, Io, Question, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(|_error| Ok(spare()))]
    #[timeout(secs = 55, map_err = to_io)]
    #[fallback(value = spare(), when = never)]
    async fn with_2539<const N: usize>(&mut self, list: [u32; N]) -> io::Result<String> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        self.flaky.io()?;
        Ok(text)
    }

    async fn plain_2539<const N: usize>(&mut self, list: [u32; N]) -> io::Result<String> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        self.flaky.io()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2539() {
    let mut host = Host::failing(0);
    let up = send(host.plain_2539([1, 2, 3])).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_2539([1, 2, 3])).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2539([1, 2, 3])).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, TraitExclusive, Pair, Result, Items, [Fallback, Timeout, Unneeded]
trait Trait2554 {
    async fn with_2554(&mut self, _: (String, u32)) -> Result<String, Fault>;
}

impl Trait2554 for Host {
    #[fallback(|_error| Ok(spare()))]
    #[timeout(secs = 55)]
    #[fallback(value = spare(), when = never)]
    async fn with_2554(&mut self, (first, second): (String, u32)) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = first + &second.to_string();
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

impl Trait2554 for Twin {
    async fn with_2554(&mut self, (first, second): (String, u32)) -> Result<String, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = first + &second.to_string();
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2554() {
    let mut host = Twin::failing(0);
    let up = send(host.with_2554(("text".to_owned(), 7))).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_2554(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2554(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Borrowed, Result, Tail, [Named, Retry, Breaker]
#[circuit_breaker(name = "matrix with_2557", failure_threshold = 100)]
#[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
#[circuit_breaker(failure_threshold = 100)]
fn with_2557(flaky: &Flaky, text: &str) -> Result<String, Fault> {
    let text = text.to_owned() + "!";
    if flaky.up() { Ok(text) } else { Err(Fault::Down) }
}

fn plain_2557(flaky: &Flaky, text: &str) -> Result<String, Fault> {
    let text = text.to_owned() + "!";
    if flaky.up() { Ok(text) } else { Err(Fault::Down) }
}

#[test]
fn case_2557() {
    let flaky = Flaky::failing(0);
    let up = plain_2557(&flaky, "text").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2557(&flaky, "text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2557(&flaky, "text").seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Generic, Option, Tail, [Named, Retry, Breaker]
#[circuit_breaker(name = "matrix with_2558", failure_threshold = 100)]
#[retry(max = 3, backoff = "none")]
#[circuit_breaker(failure_threshold = 100)]
fn with_2558<T: Clone + Display>(flaky: &Flaky, value: T) -> Option<String> {
    let text = show(value);
    if flaky.up() { Some(text) } else { None }
}

fn plain_2558<T: Clone + Display>(flaky: &Flaky, value: T) -> Option<String> {
    let text = show(value);
    if flaky.up() { Some(text) } else { None }
}

#[test]
fn case_2558() {
    let flaky = Flaky::failing(0);
    let up = plain_2558(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2558(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2558(&flaky, "text".to_owned()).seen();
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

// sync, Arc, Impl, Alias, Return, [Named, Retry, Breaker]
impl Host {
    #[circuit_breaker(name = "matrix with_2575", failure_threshold = 100)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2575(self: Arc<Self>, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_2575(self: Arc<Self>, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2575() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2575("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2575("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2575("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Sink, Object, Closure, [Named, Retry, Breaker]
trait Trait2585 {
    fn with_2585(&mut self, _: &mut Vec<u32>) -> Result<Boxed, Fault>;
}

impl Trait2585 for Host {
    #[circuit_breaker(name = "matrix with_2585", failure_threshold = 100)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s", log_errors = true)]
    #[circuit_breaker(failure_threshold = 100, log_errors = true)]
    fn with_2585(&mut self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }
}

impl Trait2585 for Twin {
    fn with_2585(&mut self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        self.touched += 1;
        sink.push(7);
        let text = format!("{:?}", sink.last());
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
fn case_2585() {
    let mut sink = vec![0];
    let mut host = Twin::failing(0);
    let up = host.with_2585(&mut sink).seen();
    let mut sink = vec![0];
    let mut host = Twin::failing(1);
    let down = host.with_2585(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = host.with_2585(&mut sink).seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Wild, Option, Items, [Named, Retry, Breaker]
impl Host {
    #[circuit_breaker(name = "matrix with_2604", failure_threshold = 100)]
    #[retry(base_delay = "10ms")]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_2604(&mut self, _: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = String::from("alone");
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    async fn plain_2604(&mut self, _: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = String::from("alone");
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2604() {
    let mut host = Host::failing(0);
    let up = send(host.plain_2604("text".to_owned())).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_2604("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2604("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Trait, Copied, Io, Loop, [Named, Retry, Breaker]
trait Trait2611 {
    async fn with_2611(&self, _: u32) -> io::Result<String>;
}

impl Trait2611 for Host {
    #[circuit_breaker(name = "matrix with_2611", failure_threshold = 100, map_err = to_io)]
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    async fn with_2611(&self, number: u32) -> io::Result<String> {
        let text = show(number + 1);
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

impl Trait2611 for Twin {
    async fn with_2611(&self, number: u32) -> io::Result<String> {
        let text = show(number + 1);
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
async fn case_2611() {
    let host = Twin::failing(0);
    let up = send(host.with_2611(7)).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2611(7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2611(7)).await.seen();
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

// sync, Free, Wild, Result, Return, [Bulkhead]
#[bulkhead(max = 100, queue = 10, wait = "5s")]
fn with_2711(flaky: &Flaky, _: String) -> Result<String, Fault> {
    let text = String::from("alone");
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

fn plain_2711(flaky: &Flaky, _: String) -> Result<String, Fault> {
    let text = String::from("alone");
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

#[test]
fn case_2711() {
    let flaky = Flaky::failing(0);
    let up = plain_2711(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2711(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2711(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Owned, Result, Closure, [Bulkhead]
impl Host {
    #[bulkhead(max = 100, queue = 10, wait = "5s")]
    fn with_2715(&self, text: String) -> Result<String, Fault> {
        let text = text + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2715(&self, text: String) -> Result<String, Fault> {
        let text = text + "!";
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
fn case_2715() {
    let host = Host::failing(0);
    let up = host.plain_2715("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2715("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2715("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Mutable, Result, Loop, [Bulkhead]
impl Host {
    #[bulkhead(max = 100)]
    fn with_2732(&mut self, mut text: String) -> Result<String, Fault> {
        self.touched += 1;
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
        Ok(text)
    }

    fn plain_2732(&mut self, mut text: String) -> Result<String, Fault> {
        self.touched += 1;
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
        Ok(text)
    }
}

#[test]
fn case_2732() {
    let mut host = Host::failing(0);
    let up = host.plain_2732("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2732("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2732("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Borrowed, Option, Question, [Bulkhead]
impl Host {
    #[bulkhead(max = 100, queue = 10, wait = "5s")]
    fn with_2738(self: Arc<Self>, text: &str) -> Option<String> {
        let text = text.to_owned() + "!";
        self.flaky.option()?;
        Some(text)
    }

    fn plain_2738(self: Arc<Self>, text: &str) -> Option<String> {
        let text = text.to_owned() + "!";
        self.flaky.option()?;
        Some(text)
    }
}

#[test]
fn case_2738() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2738("text").seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2738("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2738("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Array, Alias, Tail, [Bulkhead]
trait Trait2767 {
    fn with_2767<const N: usize>(&mut self, _: [u32; N]) -> Answer<String>;
}

impl Trait2767 for Host {
    #[bulkhead(max = 100, queue = 10)]
    fn with_2767<const N: usize>(&mut self, list: [u32; N]) -> Answer<String> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait2767 for Twin {
    fn with_2767<const N: usize>(&mut self, list: [u32; N]) -> Answer<String> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2767() {
    let mut host = Twin::failing(0);
    let up = host.with_2767([1, 2, 3]).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2767([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2767([1, 2, 3]).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Free, Generic, Io, Tail, [Bulkhead]
#[bulkhead(max = 100, map_err = to_io)]
async fn with_2773<T: Clone + Display>(flaky: &Flaky, value: T) -> io::Result<String> {
    let text = show(value);
    pause().await;
    if flaky.up() { Ok(text) } else { Err(down()) }
}

async fn plain_2773<T: Clone + Display>(flaky: &Flaky, value: T) -> io::Result<String> {
    let text = show(value);
    pause().await;
    if flaky.up() { Ok(text) } else { Err(down()) }
}

#[tokio::test(start_paused = true)]
async fn case_2773() {
    let flaky = Flaky::failing(0);
    let up = send(plain_2773(&flaky, "text".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2773(&flaky, "text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_2773(&flaky, "text".to_owned())).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Trait, Pair, Object, Items, [Bulkhead]
trait Trait2819 {
    async fn with_2819(&self, _: (String, u32)) -> Result<Boxed, Fault>;
}

impl Trait2819 for Host {
    #[bulkhead(max = 100, queue = 10)]
    async fn with_2819(&self, (first, second): (String, u32)) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = first + &second.to_string();
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }
}

impl Trait2819 for Twin {
    async fn with_2819(&self, (first, second): (String, u32)) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = first + &second.to_string();
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }
}

#[tokio::test(start_paused = true)]
async fn case_2819() {
    let host = Twin::failing(0);
    let up = send(host.with_2819(("text".to_owned(), 7))).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2819(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2819(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Pair, Option, Return, [RateLimit]
trait Trait2885 {
    fn with_2885(&self, _: (String, u32)) -> Option<String>;
}

impl Trait2885 for Host {
    #[rate_limit(max = 1000, wait = "1s")]
    fn with_2885(&self, (first, second): (String, u32)) -> Option<String> {
        let text = first + &second.to_string();
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

impl Trait2885 for Twin {
    fn with_2885(&self, (first, second): (String, u32)) -> Option<String> {
        let text = first + &second.to_string();
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

#[test]
fn case_2885() {
    let host = Twin::failing(0);
    let up = host.with_2885(("text".to_owned(), 7)).seen();
    let host = Twin::failing(1);
    let down = host.with_2885(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2885(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Copied, Option, Closure, [RateLimit, Retry, Bulkhead, Timeout]
#[rate_limit(max = 1000, wait = "1s")]
#[retry(attempts = 4, backoff = "none", when = always)]
#[bulkhead(max = 100)]
#[timeout(secs = 45, mode = "cooperative")]
fn with_2966(flaky: &Flaky, number: u32) -> Option<String> {
    let text = show(number + 1);
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Some(text) } else { None }
}

fn plain_2966(flaky: &Flaky, number: u32) -> Option<String> {
    let text = show(number + 1);
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Some(text) } else { None }
}

#[test]
fn case_2966() {
    let flaky = Flaky::failing(0);
    let up = plain_2966(&flaky, 7).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2966(&flaky, 7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2966(&flaky, 7).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Pair, Object, Items, [RateLimit, Retry, Bulkhead, Timeout]
#[rate_limit(max = 1000, wait = "1s")]
#[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
#[bulkhead(max = 100, queue = 10)]
#[timeout(secs = 45, mode = "cooperative")]
fn with_2968(flaky: &Flaky, (first, second): (String, u32)) -> Result<Boxed, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = first + &second.to_string();
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(Box::new(text))
}

fn plain_2968(flaky: &Flaky, (first, second): (String, u32)) -> Result<Boxed, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = first + &second.to_string();
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(Box::new(text))
}

#[test]
fn case_2968() {
    let flaky = Flaky::failing(0);
    let up = plain_2968(&flaky, ("text".to_owned(), 7)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2968(&flaky, ("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2968(&flaky, ("text".to_owned(), 7)).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Array, Result, Return, [RateLimit, Retry, Bulkhead, Timeout]
#[rate_limit(max = 1000)]
#[retry(max = 3, backoff = "none", when = |_error| true)]
#[bulkhead(max = 100, queue = 10, wait = "5s")]
#[timeout(secs = 45, mode = "cooperative")]
fn with_2969<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Result<String, Fault> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

fn plain_2969<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Result<String, Fault> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

#[test]
fn case_2969() {
    let flaky = Flaky::failing(0);
    let up = plain_2969(&flaky, [1, 2, 3]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2969(&flaky, [1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2969(&flaky, [1, 2, 3]).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Borrowed, Result, Tail, [RateLimit, Retry, Bulkhead, Timeout]
impl Host {
    #[rate_limit(max = 1000)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[bulkhead(max = 100, queue = 10)]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2971(&self, text: &str) -> Result<String, Fault> {
        let text = text.to_owned() + "!";
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2971(&self, text: &str) -> Result<String, Fault> {
        let text = text.to_owned() + "!";
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2971() {
    let host = Host::failing(0);
    let up = host.plain_2971("text").seen();
    let host = Host::failing(1);
    let down = host.plain_2971("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2971("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Impl, Option, Return, [RateLimit, Retry, Bulkhead, Timeout]
impl Host {
    #[rate_limit(max = 1000, wait = "1s")]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[bulkhead(max = 100, queue = 10, wait = "5s")]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2972(&self, text: impl AsRef<str> + Clone) -> Option<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Some(text);
        }
        None
    }

    fn plain_2972(&self, text: impl AsRef<str> + Clone) -> Option<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

#[test]
fn case_2972() {
    let host = Host::failing(0);
    let up = host.plain_2972("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2972("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2972("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Wild, Alias, Return, [RateLimit, Retry, Bulkhead, Timeout]
impl Host {
    #[rate_limit(max = 1000)]
    #[retry(max = 3, backoff = "none")]
    #[bulkhead(max = 100, queue = 10, wait = "5s")]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2973(&self, _: String) -> Answer<String> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_2973(&self, _: String) -> Answer<String> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2973() {
    let host = Host::failing(0);
    let up = host.plain_2973("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2973("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2973("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Mutable, Result, Closure, [RateLimit, Retry, Bulkhead, Timeout]
impl Host {
    #[rate_limit(max = 1000)]
    #[retry(max = 3, backoff = "none")]
    #[bulkhead(max = 100, queue = 10, wait = "5s")]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2976(&mut self, mut text: String) -> Result<String, Fault> {
        self.touched += 1;
        text.push('!');
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2976(&mut self, mut text: String) -> Result<String, Fault> {
        self.touched += 1;
        text.push('!');
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
fn case_2976() {
    let mut host = Host::failing(0);
    let up = host.plain_2976("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2976("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2976("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Sink, Object, Question, [RateLimit, Retry, Bulkhead, Timeout]
impl Host {
    #[rate_limit(max = 1000)]
    #[retry(max = 3, backoff = "none", when = |_error| true)]
    #[bulkhead(max = 100, queue = 10, wait = "5s")]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2978(self: Arc<Self>, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        Ok(Box::new(text))
    }

    fn plain_2978(self: Arc<Self>, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

#[test]
fn case_2978() {
    let mut sink = vec![0];
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2978(&mut sink).seen();
    let mut sink = vec![0];
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2978(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2978(&mut sink).seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Owned, Alias, Loop, [RateLimit, Retry, Bulkhead, Timeout]
trait Trait2985 {
    fn with_2985(&mut self, _: String) -> Answer<String>;
}

impl Trait2985 for Host {
    #[rate_limit(max = 1000)]
    #[retry(max = 3, backoff = "none")]
    #[bulkhead(max = 100)]
    #[timeout(secs = 45, mode = "cooperative")]
    fn with_2985(&mut self, text: String) -> Answer<String> {
        self.touched += 1;
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

impl Trait2985 for Twin {
    fn with_2985(&mut self, text: String) -> Answer<String> {
        self.touched += 1;
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
fn case_2985() {
    let mut host = Twin::failing(0);
    let up = host.with_2985("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2985("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2985("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Generic, Io, Items, [RateLimit, Retry, Bulkhead, Timeout]
impl Host {
    #[rate_limit(max = 1000, wait = "1s", map_err = to_io)]
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    #[bulkhead(max = 100, queue = 10, map_err = to_io)]
    #[timeout(secs = 45, map_err = to_io)]
    async fn with_2997<T: Clone + Display>(&mut self, value: T) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = show(value);
        pause().await;
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    async fn plain_2997<T: Clone + Display>(&mut self, value: T) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = show(value);
        pause().await;
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2997() {
    let mut host = Host::failing(0);
    let up = send(host.plain_2997("text".to_owned())).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_2997("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2997("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Trait, None, Option, Tail, [RateLimit, Retry, Bulkhead, Timeout]
trait Trait3003 {
    async fn with_3003(&self) -> Option<String>;
}

impl Trait3003 for Host {
    #[rate_limit(max = 1000)]
    #[retry(base_delay = "10ms")]
    #[bulkhead(max = 100)]
    #[timeout(secs = 45)]
    async fn with_3003(&self) -> Option<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() { Some(text) } else { None }
    }
}

impl Trait3003 for Twin {
    async fn with_3003(&self) -> Option<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() { Some(text) } else { None }
    }
}

#[tokio::test(start_paused = true)]
async fn case_3003() {
    let host = Twin::failing(0);
    let up = send(host.with_3003()).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_3003()).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_3003()).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, None, Result, Closure, [Cached, Bulkhead, Fallback, RateLimit]
#[cached(skip(flaky), ttl = 600)]
#[bulkhead(max = 100)]
#[fallback(spare_3010)]
#[rate_limit(max = 1000)]
fn with_3010(flaky: &Flaky) -> Result<String, Fault> {
    let text = String::from("alone");
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
}

fn plain_3010(flaky: &Flaky) -> Result<String, Fault> {
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
fn spare_3010(_: &Flaky) -> Result<String, Fault> {
    Ok(spare())
}

#[test]
fn case_3010() {
    let flaky = Flaky::failing(0);
    let up = plain_3010(&flaky).seen();
    let flaky = Flaky::failing(1);
    let down = plain_3010(&flaky).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_3010(&flaky).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Impl, Result, Return, [Cached, Bulkhead, Fallback, RateLimit]
#[cached(key = text.as_ref())]
#[bulkhead(max = 100)]
#[fallback(|_error| Ok(spare()))]
#[rate_limit(max = 1000)]
fn with_3012(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
    let text = show(text.as_ref());
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

fn plain_3012(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
    let text = show(text.as_ref());
    if flaky.up() {
        return Ok(text);
    }
    Err(Fault::Down)
}

#[test]
fn case_3012() {
    let flaky = Flaky::failing(0);
    let up = plain_3012(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_3012(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_3012(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_3012(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_3012(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_3012(&flaky, "other").seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Owned, Alias, Closure, [Cached, Bulkhead, Fallback, RateLimit]
impl Host {
    #[cached(skip(self))]
    #[bulkhead(max = 100)]
    #[fallback(self.spare_3014)]
    #[rate_limit(max = 1000)]
    fn with_3014(&self, text: String) -> Answer<String> {
        let text = text + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_3014(&self, text: String) -> Answer<String> {
        let text = text + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_3014(&self, _: String) -> Answer<String> {
        Ok(spare())
    }
}

#[test]
fn case_3014() {
    let host = Host::failing(0);
    let up = host.plain_3014("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_3014("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_3014("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_3014("other".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_3014("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_3014("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Generic, Option, Items, [Cached, Bulkhead, Fallback, RateLimit]
impl Host {
    #[cached(skip(self))]
    #[bulkhead(max = 100)]
    #[fallback(Self::spare_3015)]
    #[rate_limit(max = 1000)]
    fn with_3015<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    fn plain_3015<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_3015<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(_: T) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_3015() {
    let host = Host::failing(0);
    let up = host.plain_3015("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_3015("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_3015("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_3015("other".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_3015("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_3015("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Arc, Wild, Object, Loop, [Cached, Bulkhead, Fallback, RateLimit]
impl Host {
    #[cached(skip(self))]
    #[bulkhead(max = 100, queue = 10, wait = "5s")]
    #[fallback(|_error| Ok(Arc::new(spare()) as Shared), log_errors = true)]
    #[rate_limit(max = 1000, wait = "1s")]
    fn with_3020(self: Arc<Self>, _: String) -> Result<Shared, Fault> {
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
        self.flaky.result()?;
        Ok(Arc::new(text))
    }

    fn plain_3020(self: Arc<Self>, _: String) -> Result<Shared, Fault> {
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
        self.flaky.result()?;
        Ok(Arc::new(text))
    }
}

#[test]
fn case_3020() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_3020("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_3020("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_3020("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Mutable, Io, Tail, [Cached, Bulkhead, Fallback, RateLimit]
trait Trait3023 {
    fn with_3023(&self, _: String) -> io::Result<String>;
}

impl Trait3023 for Host {
    #[cached(skip(self))]
    #[bulkhead(max = 100, queue = 10, map_err = to_io)]
    #[fallback(self.spare_3023)]
    #[rate_limit(max = 1000, map_err = to_io)]
    fn with_3023(&self, mut text: String) -> io::Result<String> {
        text.push('!');
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

impl Trait3023 for Twin {
    fn with_3023(&self, mut text: String) -> io::Result<String> {
        text.push('!');
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

impl Host {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn spare_3023(&self, _: String) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_3023() {
    let host = Twin::failing(0);
    let up = host.with_3023("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_3023("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_3023("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_3023("other".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_3023("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_3023("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Free, Borrowed, Object, Question, [Cached, Bulkhead, Fallback, RateLimit]
#[cached(skip(flaky), ttl = 600)]
#[bulkhead(max = 100, queue = 10)]
#[fallback(spare_3025)]
#[rate_limit(max = 1000)]
async fn with_3025(flaky: &Flaky, text: &str) -> Result<Shared, Fault> {
    let text = text.to_owned() + "!";
    pause().await;
    flaky.result()?;
    Ok(Arc::new(text))
}

async fn plain_3025(flaky: &Flaky, text: &str) -> Result<Shared, Fault> {
    let text = text.to_owned() + "!";
    pause().await;
    flaky.result()?;
    Ok(Arc::new(text))
}

#[allow(clippy::unnecessary_wraps, clippy::unused_self)]
fn spare_3025(_: &Flaky, _: &str) -> Result<Shared, Fault> {
    Ok(Arc::new(spare()))
}

#[tokio::test(start_paused = true)]
async fn case_3025() {
    let flaky = Flaky::failing(0);
    let up = send(plain_3025(&flaky, "text")).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_3025(&flaky, "text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_3025(&flaky, "text")).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_3025(&flaky, "other")).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_3025(&flaky, "other")).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_3025(&flaky, "other")).await.seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Generic, Alias, Tail, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
#[timeout(secs = 60, mode = "cooperative")]
#[bulkhead(max = 100)]
#[circuit_breaker(failure_threshold = 100)]
#[rate_limit(max = 1000, wait = "1s")]
#[retry(attempts = 4, backoff = "none", when = always)]
fn with_3039<T: Clone + Display>(flaky: &Flaky, value: T) -> Answer<String> {
    let text = show(value);
    if flaky.up() { Ok(text) } else { Err(Fault::Down) }
}

fn plain_3039<T: Clone + Display>(flaky: &Flaky, value: T) -> Answer<String> {
    let text = show(value);
    if flaky.up() { Ok(text) } else { Err(Fault::Down) }
}

#[test]
fn case_3039() {
    let flaky = Flaky::failing(0);
    let up = plain_3039(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_3039(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_3039(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Sink, Object, Items, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[bulkhead(max = 100, queue = 10, wait = "5s")]
    #[circuit_breaker(failure_threshold = 100)]
    #[rate_limit(max = 1000)]
    #[retry(max = 3, backoff = "none")]
    fn with_3042(&self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }

    fn plain_3042(&self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        sink.push(7);
        let text = format!("{:?}", sink.last());
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }
}

#[test]
fn case_3042() {
    let mut sink = vec![0];
    let host = Host::failing(0);
    let up = host.plain_3042(&mut sink).seen();
    let mut sink = vec![0];
    let host = Host::failing(1);
    let down = host.plain_3042(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Host::failing(failures);
        let seen = host.with_3042(&mut sink).seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Pair, Io, Question, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
impl Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[bulkhead(max = 100, queue = 10, map_err = to_io)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[rate_limit(max = 1000, wait = "1s", map_err = to_io)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_3043(&self, (first, second): (String, u32)) -> io::Result<String> {
        let text = first + &second.to_string();
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_3043(&self, (first, second): (String, u32)) -> io::Result<String> {
        let text = first + &second.to_string();
        self.flaky.io()?;
        Ok(text)
    }
}

#[test]
fn case_3043() {
    let host = Host::failing(0);
    let up = host.plain_3043(("text".to_owned(), 7)).seen();
    let host = Host::failing(1);
    let down = host.plain_3043(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_3043(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Array, Option, Return, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[bulkhead(max = 100, queue = 10)]
    #[circuit_breaker(failure_threshold = 100)]
    #[rate_limit(max = 1000, wait = "1s")]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_3044<const N: usize>(&self, list: [u32; N]) -> Option<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() {
            return Some(text);
        }
        None
    }

    fn plain_3044<const N: usize>(&self, list: [u32; N]) -> Option<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

#[test]
fn case_3044() {
    let host = Host::failing(0);
    let up = host.plain_3044([1, 2, 3]).seen();
    let host = Host::failing(1);
    let down = host.plain_3044([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_3044([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, None, Io, Items, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
impl Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[bulkhead(max = 100, queue = 10, map_err = to_io)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[rate_limit(max = 1000, map_err = to_io)]
    #[retry(max = 3, backoff = "none")]
    fn with_3045(&mut self) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = String::from("alone");
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    fn plain_3045(&mut self) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = String::from("alone");
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[test]
fn case_3045() {
    let mut host = Host::failing(0);
    let up = host.plain_3045().seen();
    let mut host = Host::failing(1);
    let down = host.plain_3045().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_3045().seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Borrowed, Result, Closure, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[bulkhead(max = 100, queue = 10)]
    #[circuit_breaker(failure_threshold = 100)]
    #[rate_limit(max = 1000, wait = "1s")]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_3046(&mut self, text: &str) -> Result<String, Fault> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_3046(&mut self, text: &str) -> Result<String, Fault> {
        self.touched += 1;
        let text = text.to_owned() + "!";
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
fn case_3046() {
    let mut host = Host::failing(0);
    let up = host.plain_3046("text").seen();
    let mut host = Host::failing(1);
    let down = host.plain_3046("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_3046("text").seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Impl, Option, Question, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
trait Trait3058 {
    fn with_3058(&mut self, _: impl AsRef<str> + Clone) -> Option<String>;
}

impl Trait3058 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[bulkhead(max = 100, queue = 10)]
    #[circuit_breaker(failure_threshold = 100)]
    #[rate_limit(max = 1000)]
    #[retry(max = 3, backoff = "none")]
    fn with_3058(&mut self, text: impl AsRef<str> + Clone) -> Option<String> {
        self.touched += 1;
        let text = show(text.as_ref());
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait3058 for Twin {
    fn with_3058(&mut self, text: impl AsRef<str> + Clone) -> Option<String> {
        self.touched += 1;
        let text = show(text.as_ref());
        self.flaky.option()?;
        Some(text)
    }
}

#[test]
fn case_3058() {
    let mut host = Twin::failing(0);
    let up = host.with_3058("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_3058("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_3058("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Free, Mutable, Option, Return, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
#[timeout(secs = 60)]
#[bulkhead(max = 100, queue = 10, wait = "5s")]
#[circuit_breaker(failure_threshold = 100)]
#[rate_limit(max = 1000)]
#[retry(base_delay = "10ms")]
async fn with_3062(flaky: &Flaky, mut text: String) -> Option<String> {
    text.push('!');
    pause().await;
    if flaky.up() {
        return Some(text);
    }
    None
}

async fn plain_3062(flaky: &Flaky, mut text: String) -> Option<String> {
    text.push('!');
    pause().await;
    if flaky.up() {
        return Some(text);
    }
    None
}

#[tokio::test(start_paused = true)]
async fn case_3062() {
    let flaky = Flaky::failing(0);
    let up = send(plain_3062(&flaky, "text".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_3062(&flaky, "text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_3062(&flaky, "text".to_owned())).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Wild, Object, Closure, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
impl Host {
    #[timeout(secs = 60)]
    #[bulkhead(max = 100, queue = 10)]
    #[circuit_breaker(failure_threshold = 100)]
    #[rate_limit(max = 1000, wait = "1s")]
    #[retry(attempts = 4, backoff = "none", when = always)]
    async fn with_3070(&mut self, _: String) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = String::from("alone");
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }

    async fn plain_3070(&mut self, _: String) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = String::from("alone");
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_3070() {
    let mut host = Host::failing(0);
    let up = send(host.plain_3070("text".to_owned())).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_3070("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_3070("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Arc, Owned, Object, Loop, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
impl Host {
    #[timeout(secs = 60)]
    #[bulkhead(max = 100, queue = 10, wait = "5s")]
    #[circuit_breaker(failure_threshold = 100)]
    #[rate_limit(max = 1000)]
    #[retry(max = 3, backoff = "none")]
    async fn with_3071(self: Arc<Self>, text: String) -> Result<Boxed, Fault> {
        let text = text + "!";
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
        Ok(Box::new(text))
    }

    async fn plain_3071(self: Arc<Self>, text: String) -> Result<Boxed, Fault> {
        let text = text + "!";
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
        Ok(Box::new(text))
    }
}

#[tokio::test(start_paused = true)]
async fn case_3071() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_3071("text".to_owned())).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_3071("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_3071("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Trait, Copied, Result, Loop, [Timeout, Bulkhead, Breaker, RateLimit, Retry]
trait Trait3074 {
    async fn with_3074(&self, _: u32) -> Result<String, Fault>;
}

impl Trait3074 for Host {
    #[timeout(secs = 60)]
    #[bulkhead(max = 100, queue = 10)]
    #[circuit_breaker(failure_threshold = 100)]
    #[rate_limit(max = 1000)]
    #[retry(max = 3, backoff = "none")]
    async fn with_3074(&self, number: u32) -> Result<String, Fault> {
        let text = show(number + 1);
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

impl Trait3074 for Twin {
    async fn with_3074(&self, number: u32) -> Result<String, Fault> {
        let text = show(number + 1);
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
async fn case_3074() {
    let host = Twin::failing(0);
    let up = send(host.with_3074(7)).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_3074(7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_3074(7)).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}
