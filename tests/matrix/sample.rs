// Written by `generate.rs`, not by hand.

use std::fmt::Display;
use std::hash::Hash;
use std::io;
use std::sync::Arc;

use resilience::{cached, circuit_breaker, fallback, retry, timeout};

use super::support::{Answer, Boxed, Expected, Fault, Flaky, Host, Plain, Shared, Twin, always, down, never, pause, send, show, spare, to_io};

// sync, Shared, None, Alias, Question, [Retry]
impl Host {
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_0011(&self) -> Answer<String> {
        let text = String::from("alone");
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_0011(&self) -> Answer<String> {
        let text = String::from("alone");
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_0011() {
    let host = Host::failing(0);
    let up = host.plain_0011().seen();
    let host = Host::failing(1);
    let down = host.plain_0011().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_0011().seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Borrowed, Result, Loop, [Breaker]
trait Trait0322 {
    fn with_0322(&mut self, _: &str) -> Result<String, Fault>;
}

impl Trait0322 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    fn with_0322(&mut self, text: &str) -> Result<String, Fault> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait0322 for Twin {

    fn with_0322(&mut self, text: &str) -> Result<String, Fault> {
        self.touched += 1;
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_0322() {
    let mut host = Twin::failing(0);
    let up = host.with_0322("text").seen();
    let mut host = Twin::failing(1);
    let down = host.with_0322("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_0322("text").seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Free, Mutable, Object, Closure, [Cached]

#[cached(skip(flaky), ttl = 600)]
async fn with_0443(flaky: &Flaky, mut text: String) -> Result<Shared, Fault> {
    text.push('!');
    pause().await;
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
}

async fn plain_0443(flaky: &Flaky, mut text: String) -> Result<Shared, Fault> {
    text.push('!');
    pause().await;
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
}

#[tokio::test(start_paused = true)]
async fn case_0443() {
    let flaky = Flaky::failing(0);
    let up = send(plain_0443(&flaky, "text".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_0443(&flaky, "text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_0443(&flaky, "text".to_owned())).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_0443(&flaky, "other".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_0443(&flaky, "other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_0443(&flaky, "other".to_owned())).await.seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, TraitExclusive, Impl, Io, Loop, [Fallback]
trait Trait0537 {
    fn with_0537(&mut self, _: impl AsRef<str> + Clone) -> io::Result<String>;
}

impl Trait0537 for Host {
    #[fallback(self.spare_0537)]
    fn with_0537(&mut self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        self.touched += 1;
        let text = show(text.as_ref());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.io()?;
        Ok(text)
    }
}

impl Trait0537 for Twin {

    fn with_0537(&mut self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        self.touched += 1;
        let text = show(text.as_ref());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.io()?;
        Ok(text)
    }
}

impl Host {

    fn spare_0537(&self, _: impl AsRef<str> + Clone) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_0537() {
    let mut host = Twin::failing(0);
    let up = host.with_0537("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_0537("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_0537("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Sink, Object, Loop, [Retry, Breaker]

#[retry(max = 3, backoff = "none")]
#[circuit_breaker(failure_threshold = 100)]
fn with_0676(flaky: &Flaky, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
    sink.push(7);
    let text = format!("{:?}", sink.last());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.result()?;
    Ok(Box::new(text))
}

fn plain_0676(flaky: &Flaky, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
    sink.push(7);
    let text = format!("{:?}", sink.last());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.result()?;
    Ok(Box::new(text))
}

#[test]
fn case_0676() {
    let mut sink = vec![0];
    let flaky = Flaky::failing(0);
    let up = plain_0676(&flaky, &mut sink).seen();
    let mut sink = vec![0];
    let flaky = Flaky::failing(1);
    let down = plain_0676(&flaky, &mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let flaky = Flaky::failing(failures);
        let seen = with_0676(&flaky, &mut sink).seen();
        let calls = [flaky.calls(), sink.iter().sum::<u32>() / 7];
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

// sync, Exclusive, Generic, Object, Items, [Timeout, Retry]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_0793<T: Clone + Display>(&mut self, value: T) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = show(value);
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }

    fn plain_0793<T: Clone + Display>(&mut self, value: T) -> Result<Boxed, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        self.touched += 1;
        let text = show(value);
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Box::new(text))
    }
}

#[test]
fn case_0793() {
    let mut host = Host::failing(0);
    let up = host.plain_0793("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_0793("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_0793("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Array, Option, Question, [Timeout, Retry]
trait Trait0812 {
    fn with_0812<const N: usize>(&mut self, _: [u32; N]) -> Option<String>;
}

impl Trait0812 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    fn with_0812<const N: usize>(&mut self, list: [u32; N]) -> Option<String> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait0812 for Twin {

    fn with_0812<const N: usize>(&mut self, list: [u32; N]) -> Option<String> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.option()?;
        Some(text)
    }
}

#[test]
fn case_0812() {
    let mut host = Twin::failing(0);
    let up = host.with_0812([1, 2, 3]).seen();
    let mut host = Twin::failing(1);
    let down = host.with_0812([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_0812([1, 2, 3]).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Pair, Option, Tail, [Timeout, Cached]

#[timeout(secs = 60, mode = "cooperative")]
#[cached(skip(flaky), ttl = 600)]
fn with_0915(flaky: &Flaky, (first, second): (String, u32)) -> Option<String> {
    let text = first + &second.to_string();
    if flaky.up() { Some(text) } else { None }
}

fn plain_0915(flaky: &Flaky, (first, second): (String, u32)) -> Option<String> {
    let text = first + &second.to_string();
    if flaky.up() { Some(text) } else { None }
}

#[test]
fn case_0915() {
    let flaky = Flaky::failing(0);
    let up = plain_0915(&flaky, ("text".to_owned(), 7)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_0915(&flaky, ("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_0915(&flaky, ("text".to_owned(), 7)).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_0915(&flaky, ("text".to_owned(), 8)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_0915(&flaky, ("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_0915(&flaky, ("text".to_owned(), 8)).seen();
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

// async, Free, Borrowed, Io, Return, [Timeout, Cached]

#[timeout(secs = 60, map_err = to_io)]
#[cached(skip(flaky), ttl = 600)]
async fn with_0933(flaky: &Flaky, text: &str) -> io::Result<String> {
    let text = text.to_owned() + "!";
    pause().await;
    if flaky.up() {
        return Ok(text);
    }
    Err(down())
}

async fn plain_0933(flaky: &Flaky, text: &str) -> io::Result<String> {
    let text = text.to_owned() + "!";
    pause().await;
    if flaky.up() {
        return Ok(text);
    }
    Err(down())
}

#[tokio::test(start_paused = true)]
async fn case_0933() {
    let flaky = Flaky::failing(0);
    let up = send(plain_0933(&flaky, "text")).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_0933(&flaky, "text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_0933(&flaky, "text")).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_0933(&flaky, "other")).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_0933(&flaky, "other")).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_0933(&flaky, "other")).await.seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Shared, Impl, Result, Question, [Timeout, Cached]
impl Host {
    #[timeout(secs = 60)]
    #[cached(key = text.as_ref())]
    async fn with_0939(&self, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
        let text = show(text.as_ref());
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }

    async fn plain_0939(&self, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
        let text = show(text.as_ref());
        pause().await;
        self.flaky.result()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_0939() {
    let host = Host::failing(0);
    let up = send(host.plain_0939("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_0939("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_0939("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_0939("other")).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_0939("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_0939("other")).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Mutable, Result, Return, [Breaker, Retry]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_1027(&self, mut text: String) -> Result<String, Fault> {
        text.push('!');
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_1027(&self, mut text: String) -> Result<String, Fault> {
        text.push('!');
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_1027() {
    let host = Host::failing(0);
    let up = host.plain_1027("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_1027("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_1027("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Array, Alias, Question, [Breaker, Retry]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_1028<const N: usize>(&self, list: [u32; N]) -> Answer<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_1028<const N: usize>(&self, list: [u32; N]) -> Answer<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_1028() {
    let host = Host::failing(0);
    let up = host.plain_1028([1, 2, 3]).seen();
    let host = Host::failing(1);
    let down = host.plain_1028([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_1028([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Sink, Result, Items, [Breaker, Retry]
trait Trait1047 {
    fn with_1047(&mut self, _: &mut Vec<u32>) -> Result<String, Fault>;
}

impl Trait1047 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max = 3, backoff = "none")]
    fn with_1047(&mut self, sink: &mut Vec<u32>) -> Result<String, Fault> {
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
        Ok(text)
    }
}

impl Trait1047 for Twin {

    fn with_1047(&mut self, sink: &mut Vec<u32>) -> Result<String, Fault> {
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
        Ok(text)
    }
}

#[test]
fn case_1047() {
    let mut sink = vec![0];
    let mut host = Twin::failing(0);
    let up = host.with_1047(&mut sink).seen();
    let mut sink = vec![0];
    let mut host = Twin::failing(1);
    let down = host.with_1047(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let mut host = Host::failing(failures);
        let seen = host.with_1047(&mut sink).seen();
        let calls = [host.flaky.calls(), host.touched, sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Trait, Generic, Object, Return, [Breaker, Cached]
trait Trait1187 {
    async fn with_1187<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, _: T) -> Result<Shared, Fault>;
}

impl Trait1187 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    async fn with_1187<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Result<Shared, Fault> {
        let text = show(value);
        pause().await;
        if self.flaky.up() {
            return Ok(Arc::new(text));
        }
        Err(Fault::Down)
    }
}

impl Trait1187 for Twin {

    async fn with_1187<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, value: T) -> Result<Shared, Fault> {
        let text = show(value);
        pause().await;
        if self.flaky.up() {
            return Ok(Arc::new(text));
        }
        Err(Fault::Down)
    }
}

#[tokio::test(start_paused = true)]
async fn case_1187() {
    let host = Twin::failing(0);
    let up = send(host.with_1187("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1187("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_1187("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_1187("other".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1187("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_1187("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Owned, Io, Loop, [Cached, Retry]
impl Host {
    #[cached(skip(self))]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_1196(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_1196(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
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

// sync, Shared, Array, Object, Question, [Cached, Retry]
impl Host {
    #[cached(skip(self))]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    fn with_1199<const N: usize>(&self, list: [u32; N]) -> Result<Shared, Fault> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.result()?;
        Ok(Arc::new(text))
    }

    fn plain_1199<const N: usize>(&self, list: [u32; N]) -> Result<Shared, Fault> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.result()?;
        Ok(Arc::new(text))
    }
}

#[test]
fn case_1199() {
    let host = Host::failing(0);
    let up = host.plain_1199([1, 2, 3]).seen();
    let host = Host::failing(1);
    let down = host.plain_1199([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1199([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_1199([1, 5]).seen();
    let host = Host::failing(1);
    let down = host.plain_1199([1, 5]).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1199([1, 5]).seen();
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

// sync, Free, Mutable, Option, Loop, [Cached, Timeout]

#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 55, mode = "cooperative")]
fn with_1233(flaky: &Flaky, mut text: String) -> Option<String> {
    text.push('!');
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.option()?;
    Some(text)
}

fn plain_1233(flaky: &Flaky, mut text: String) -> Option<String> {
    text.push('!');
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.option()?;
    Some(text)
}

#[test]
fn case_1233() {
    let flaky = Flaky::failing(0);
    let up = plain_1233(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1233(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1233(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_1233(&flaky, "other".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1233(&flaky, "other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_1233(&flaky, "other".to_owned()).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Copied, Object, Closure, [Cached, Breaker]

#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100)]
fn with_1270(flaky: &Flaky, number: u32) -> Result<Shared, Fault> {
    let text = show(number + 1);
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
}

fn plain_1270(flaky: &Flaky, number: u32) -> Result<Shared, Fault> {
    let text = show(number + 1);
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
}

#[test]
fn case_1270() {
    let flaky = Flaky::failing(0);
    let up = plain_1270(&flaky, 7).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1270(&flaky, 7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1270(&flaky, 7).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_1270(&flaky, 8).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1270(&flaky, 8).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_1270(&flaky, 8).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Wild, Result, Loop, [Cached, Breaker]

#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100)]
fn with_1274(flaky: &Flaky, _: String) -> Result<String, Fault> {
    let text = String::from("alone");
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.result()?;
    Ok(text)
}

fn plain_1274(flaky: &Flaky, _: String) -> Result<String, Fault> {
    let text = String::from("alone");
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.result()?;
    Ok(text)
}

#[test]
fn case_1274() {
    let flaky = Flaky::failing(0);
    let up = plain_1274(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1274(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1274(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, None, Object, Question, [Cached, Fallback]

#[cached(skip(flaky), ttl = 600)]
#[fallback(|_error| Ok(Arc::new(spare()) as Shared))]
fn with_1310(flaky: &Flaky) -> Result<Shared, Fault> {
    let text = String::from("alone");
    flaky.result()?;
    Ok(Arc::new(text))
}

fn plain_1310(flaky: &Flaky) -> Result<Shared, Fault> {
    let text = String::from("alone");
    flaky.result()?;
    Ok(Arc::new(text))
}

#[test]
fn case_1310() {
    let flaky = Flaky::failing(0);
    let up = plain_1310(&flaky).seen();
    let flaky = Flaky::failing(1);
    let down = plain_1310(&flaky).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_1310(&flaky).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Wild, Io, Tail, [Cached, Fallback]
impl Host {
    #[cached(skip(self))]
    #[fallback(self.spare_1324)]
    fn with_1324(self: Arc<Self>, _: String) -> io::Result<String> {
        let text = String::from("alone");
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }

    fn plain_1324(self: Arc<Self>, _: String) -> io::Result<String> {
        let text = String::from("alone");
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }

    fn spare_1324(&self, _: String) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_1324() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_1324("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_1324("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_1324("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Sink, Object, Return, [Fallback, Breaker]
impl Host {
    #[fallback(|_error| Ok(Box::new(spare()) as Boxed))]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1489(&self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }

    fn plain_1489(&self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_1489() {
    let mut sink = vec![0];
    let host = Host::failing(0);
    let up = host.plain_1489(&mut sink).seen();
    let mut sink = vec![0];
    let host = Host::failing(1);
    let down = host.plain_1489(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Host::failing(failures);
        let seen = host.with_1489(&mut sink).seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
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

// sync, TraitExclusive, Mutable, Result, Return, [Fallback, Breaker]
trait Trait1513 {
    fn with_1513(&mut self, _: String) -> Result<String, Fault>;
}

impl Trait1513 for Host {
    #[fallback(self.spare_1513)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1513(&mut self, mut text: String) -> Result<String, Fault> {
        self.touched += 1;
        text.push('!');
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

impl Trait1513 for Twin {

    fn with_1513(&mut self, mut text: String) -> Result<String, Fault> {
        self.touched += 1;
        text.push('!');
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

impl Host {

    fn spare_1513(&self, _: String) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_1513() {
    let mut host = Twin::failing(0);
    let up = host.with_1513("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_1513("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_1513("text".to_owned()).seen();
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

// sync, Shared, Borrowed, Option, Items, [Fallback, Cached]
impl Host {
    #[fallback(value = spare())]
    #[cached(skip(self))]
    fn with_1554(&self, text: &str) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = text.to_owned() + "!";
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    fn plain_1554(&self, text: &str) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = text.to_owned() + "!";
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[test]
fn case_1554() {
    let host = Host::failing(0);
    let up = host.plain_1554("text").seen();
    let host = Host::failing(1);
    let down = host.plain_1554("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1554("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_1554("other").seen();
    let host = Host::failing(1);
    let down = host.plain_1554("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1554("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, TraitExclusive, Mutable, Option, Return, [Retry, Timeout, Breaker]
trait Trait1599 {
    async fn with_1599(&mut self, _: String) -> Option<String>;
}

impl Trait1599 for Host {
    #[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
    #[timeout(secs = 55)]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_1599(&mut self, mut text: String) -> Option<String> {
        self.touched += 1;
        text.push('!');
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

impl Trait1599 for Twin {

    async fn with_1599(&mut self, mut text: String) -> Option<String> {
        self.touched += 1;
        text.push('!');
        pause().await;
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

#[tokio::test(start_paused = true)]
async fn case_1599() {
    let mut host = Twin::failing(0);
    let up = send(host.with_1599("text".to_owned())).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_1599("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_1599("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, None, Result, Closure, [Retry, Breaker, Timeout]
trait Trait1623 {
    fn with_1623(&mut self) -> Result<String, Fault>;
}

impl Trait1623 for Host {
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_1623(&mut self) -> Result<String, Fault> {
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
}

impl Trait1623 for Twin {

    fn with_1623(&mut self) -> Result<String, Fault> {
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
}

#[test]
fn case_1623() {
    let mut host = Twin::failing(0);
    let up = host.with_1623().seen();
    let mut host = Twin::failing(1);
    let down = host.with_1623().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_1623().seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
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

// sync, Exclusive, Wild, Io, Tail, [Timeout, Breaker, Retry]
impl Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[retry(max = 3, backoff = "none")]
    fn with_1682(&mut self, _: String) -> io::Result<String> {
        self.touched += 1;
        let text = String::from("alone");
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }

    fn plain_1682(&mut self, _: String) -> io::Result<String> {
        self.touched += 1;
        let text = String::from("alone");
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

#[test]
fn case_1682() {
    let mut host = Host::failing(0);
    let up = host.plain_1682("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_1682("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_1682("text".to_owned()).seen();
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
    #[fallback(self.spare_1795)]
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

    fn spare_1795(&self, _: &mut Vec<u32>) -> Result<String, Fault> {
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

// async, Trait, None, Alias, Tail, [Cached, Retry, Breaker]
trait Trait1837 {
    async fn with_1837(&self) -> Answer<String>;
}

impl Trait1837 for Host {
    #[cached(skip(self))]
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_1837(&self) -> Answer<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait1837 for Twin {

    async fn with_1837(&self) -> Answer<String> {
        let text = String::from("alone");
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_1837() {
    let host = Twin::failing(0);
    let up = send(host.with_1837()).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_1837()).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_1837()).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
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

// async, Arc, Owned, Io, Return, [Cached, Timeout, Breaker]
impl Host {
    #[cached(skip(self))]
    #[timeout(secs = 55, map_err = to_io)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    async fn with_1852(self: Arc<Self>, text: String) -> io::Result<String> {
        let text = text + "!";
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }

    async fn plain_1852(self: Arc<Self>, text: String) -> io::Result<String> {
        let text = text + "!";
        pause().await;
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

#[tokio::test(start_paused = true)]
async fn case_1852() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_1852("text".to_owned())).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_1852("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_1852("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_1852("other".to_owned())).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_1852("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_1852("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Array, Alias, Loop, [Cached, Fallback, Breaker]
trait Trait1891 {
    fn with_1891<const N: usize>(&self, _: [u32; N]) -> Answer<String>;
}

impl Trait1891 for Host {
    #[cached(skip(self))]
    #[fallback(self.spare_1891)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_1891<const N: usize>(&self, list: [u32; N]) -> Answer<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait1891 for Twin {

    fn with_1891<const N: usize>(&self, list: [u32; N]) -> Answer<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

impl Host {

    fn spare_1891<const N: usize>(&self, _: [u32; N]) -> Answer<String> {
        Ok(spare())
    }
}

#[test]
fn case_1891() {
    let host = Twin::failing(0);
    let up = host.with_1891([1, 2, 3]).seen();
    let host = Twin::failing(1);
    let down = host.with_1891([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1891([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_1891([1, 5]).seen();
    let host = Twin::failing(1);
    let down = host.with_1891([1, 5]).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_1891([1, 5]).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Trait, Sink, Object, Question, [Fallback, Timeout, Breaker]
trait Trait1950 {
    async fn with_1950(&self, _: &mut Vec<u32>) -> Result<Boxed, Fault>;
}

impl Trait1950 for Host {
    #[fallback(self.spare_1950)]
    #[timeout(secs = 55)]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_1950(&self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        pause().await;
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

impl Trait1950 for Twin {

    async fn with_1950(&self, sink: &mut Vec<u32>) -> Result<Boxed, Fault> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        pause().await;
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

impl Host {

    async fn spare_1950(&self, _: &mut Vec<u32>) -> Result<Boxed, Fault> {
        pause().await; Ok(Box::new(spare()))
    }
}

#[tokio::test(start_paused = true)]
async fn case_1950() {
    let mut sink = vec![0];
    let host = Twin::failing(0);
    let up = send(host.with_1950(&mut sink)).await.seen();
    let mut sink = vec![0];
    let host = Twin::failing(1);
    let down = send(host.with_1950(&mut sink)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Host::failing(failures);
        let seen = send(host.with_1950(&mut sink)).await.seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Wild, Option, Items, [Fallback, Cached, Retry]
trait Trait1991 {
    fn with_1991(&self, _: String) -> Option<String>;
}

impl Trait1991 for Host {
    #[fallback(self.spare_1991)]
    #[cached(skip(self))]
    #[retry(max = 3, backoff = "none")]
    fn with_1991(&self, _: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

impl Trait1991 for Twin {

    fn with_1991(&self, _: String) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = String::from("alone");
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

impl Host {

    fn spare_1991(&self, _: String) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_1991() {
    let host = Twin::failing(0);
    let up = host.with_1991("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_1991("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_1991("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Wild, Result, Return, [Retry, Timeout, Breaker, Cached]
impl Host {
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[timeout(secs = 55, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    fn with_2012(&self, _: String) -> Result<String, Fault> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_2012(&self, _: String) -> Result<String, Fault> {
        let text = String::from("alone");
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2012() {
    let host = Host::failing(0);
    let up = host.plain_2012("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2012("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2012("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Arc, Array, Object, Items, [Retry, Timeout, Cached, Breaker]
impl Host {
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 55)]
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    async fn with_2015<const N: usize>(self: Arc<Self>, list: [u32; N]) -> Result<Shared, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Arc::new(text))
    }

    async fn plain_2015<const N: usize>(self: Arc<Self>, list: [u32; N]) -> Result<Shared, Fault> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = format!("{N} {}", list.iter().sum::<u32>());
        pause().await;
        self.flaky.result()?;
        let Marked(text) = marked(&text);
        Ok(Arc::new(text))
    }
}

#[tokio::test(start_paused = true)]
async fn case_2015() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2015([1, 2, 3])).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2015([1, 2, 3])).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2015([1, 2, 3])).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2015([1, 5])).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2015([1, 5])).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2015([1, 5])).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Copied, Alias, Tail, [Retry, Timeout, Fallback, Cached]

#[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(spare_2020)]
#[cached(skip(flaky), ttl = 600)]
fn with_2020(flaky: &Flaky, number: u32) -> Answer<String> {
    let text = show(number + 1);
    if flaky.up() { Ok(text) } else { Err(Fault::Down) }
}

fn plain_2020(flaky: &Flaky, number: u32) -> Answer<String> {
    let text = show(number + 1);
    if flaky.up() { Ok(text) } else { Err(Fault::Down) }
}

fn spare_2020(_: &Flaky, _: u32) -> Answer<String> {
    Ok(spare())
}

#[test]
fn case_2020() {
    let flaky = Flaky::failing(0);
    let up = plain_2020(&flaky, 7).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2020(&flaky, 7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2020(&flaky, 7).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2020(&flaky, 8).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2020(&flaky, 8).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2020(&flaky, 8).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Copied, Option, Items, [Retry, Breaker, Timeout, Cached]
impl Host {
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 50, mode = "cooperative")]
    #[cached(skip(self))]
    fn with_2022(&self, number: u32) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(number + 1);
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    fn plain_2022(&self, number: u32) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(number + 1);
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[test]
fn case_2022() {
    let host = Host::failing(0);
    let up = host.plain_2022(7).seen();
    let host = Host::failing(1);
    let down = host.plain_2022(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2022(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2022(8).seen();
    let host = Host::failing(1);
    let down = host.plain_2022(8).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2022(8).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Exclusive, Owned, Option, Question, [Retry, Breaker, Timeout, Fallback]
impl Host {
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 50, mode = "cooperative")]
    #[fallback(self.spare_2024)]
    fn with_2024(&mut self, text: String) -> Option<String> {
        self.touched += 1;
        let text = text + "!";
        self.flaky.option()?;
        Some(text)
    }

    fn plain_2024(&mut self, text: String) -> Option<String> {
        self.touched += 1;
        let text = text + "!";
        self.flaky.option()?;
        Some(text)
    }

    fn spare_2024(&self, _: String) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_2024() {
    let mut host = Host::failing(0);
    let up = host.plain_2024("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2024("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2024("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Generic, Io, Items, [Retry, Cached, Breaker, Timeout]
impl Host {
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[timeout(secs = 45, mode = "cooperative", map_err = to_io)]
    fn with_2030<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }

    fn plain_2030<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> io::Result<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(value);
        self.flaky.io()?;
        let Marked(text) = marked(&text);
        Ok(text)
    }
}

#[test]
fn case_2030() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2030("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2030("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2030("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2030("other".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2030("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_2030("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Pair, Io, Question, [Retry, Cached, Fallback, Breaker]

#[retry(max = 3, backoff = "none")]
#[cached(skip(flaky), ttl = 600)]
#[fallback(spare_2032)]
#[circuit_breaker(failure_threshold = 100, map_err = to_io)]
fn with_2032(flaky: &Flaky, (first, second): (String, u32)) -> io::Result<String> {
    let text = first + &second.to_string();
    flaky.io()?;
    Ok(text)
}

fn plain_2032(flaky: &Flaky, (first, second): (String, u32)) -> io::Result<String> {
    let text = first + &second.to_string();
    flaky.io()?;
    Ok(text)
}

fn spare_2032(_: &Flaky, _: (String, u32)) -> io::Result<String> {
    Ok(spare())
}

#[test]
fn case_2032() {
    let flaky = Flaky::failing(0);
    let up = plain_2032(&flaky, ("text".to_owned(), 7)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2032(&flaky, ("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2032(&flaky, ("text".to_owned(), 7)).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2032(&flaky, ("text".to_owned(), 8)).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2032(&flaky, ("text".to_owned(), 8)).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2032(&flaky, ("text".to_owned(), 8)).seen();
    let calls = [flaky.calls()];
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
            for step in 0..3 {
                pause().await;
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.option()?;
        Some(text)
    }

    async fn plain_2037(self: Arc<Self>) -> Option<String> {
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                pause().await;
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
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

// sync, Trait, Copied, Result, Closure, [Timeout, Retry, Cached, Fallback]
trait Trait2038 {
    fn with_2038(&self, _: u32) -> Result<String, Fault>;
}

impl Trait2038 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[cached(skip(self))]
    #[fallback(Self::spare_2038)]
    fn with_2038(&self, number: u32) -> Result<String, Fault> {
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

impl Trait2038 for Twin {

    fn with_2038(&self, number: u32) -> Result<String, Fault> {
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

impl Host {

    fn spare_2038(&self, _: u32) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_2038() {
    let host = Twin::failing(0);
    let up = host.with_2038(7).seen();
    let host = Twin::failing(1);
    let down = host.with_2038(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2038(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2038(8).seen();
    let host = Twin::failing(1);
    let down = host.with_2038(8).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2038(8).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Arc, Borrowed, Object, Loop, [Timeout, Breaker, Cached, Retry]
impl Host {
    #[timeout(secs = 60)]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[retry(max = 3, backoff = "none")]
    async fn with_2043(self: Arc<Self>, text: &str) -> Result<Shared, Fault> {
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                pause().await;
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(Arc::new(text))
    }

    async fn plain_2043(self: Arc<Self>, text: &str) -> Result<Shared, Fault> {
        let text = text.to_owned() + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                pause().await;
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(Arc::new(text))
    }
}

#[tokio::test(start_paused = true)]
async fn case_2043() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2043("text")).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2043("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2043("text")).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2043("other")).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2043("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2043("other")).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
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

// sync, Trait, Array, Option, Loop, [Timeout, Fallback, Breaker, Cached]
trait Trait2054 {
    fn with_2054<const N: usize>(&self, _: [u32; N]) -> Option<String>;
}

impl Trait2054 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[fallback(Self::spare_2054)]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    fn with_2054<const N: usize>(&self, list: [u32; N]) -> Option<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

impl Trait2054 for Twin {

    fn with_2054<const N: usize>(&self, list: [u32; N]) -> Option<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.option()?;
        Some(text)
    }
}

impl Host {

    fn spare_2054<const N: usize>(&self, _: [u32; N]) -> Option<String> {
        Some(spare())
    }
}

#[test]
fn case_2054() {
    let host = Twin::failing(0);
    let up = host.with_2054([1, 2, 3]).seen();
    let host = Twin::failing(1);
    let down = host.with_2054([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2054([1, 2, 3]).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2054([1, 5]).seen();
    let host = Twin::failing(1);
    let down = host.with_2054([1, 5]).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2054([1, 5]).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Trait, Owned, Io, Closure, [Breaker, Retry, Cached, Fallback]
trait Trait2064 {
    fn with_2064(&self, _: String) -> io::Result<String>;
}

impl Trait2064 for Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[cached(skip(self))]
    #[fallback(self.spare_2064)]
    fn with_2064(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

impl Trait2064 for Twin {

    fn with_2064(&self, text: String) -> io::Result<String> {
        let text = text + "!";
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(down()) }
    }
}

impl Host {

    fn spare_2064(&self, _: String) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_2064() {
    let host = Twin::failing(0);
    let up = host.with_2064("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2064("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2064("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2064("other".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2064("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2064("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Impl, Alias, Return, [Breaker, Cached, Retry, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(key = text.as_ref())]
    #[retry(max = 3, backoff = "none", when = |_| true)]
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

// async, Free, Wild, Option, Return, [Breaker, Cached, Fallback, Timeout]

#[circuit_breaker(failure_threshold = 100)]
#[cached(skip(flaky), ttl = 600)]
#[fallback(spare_2081)]
#[timeout(secs = 45)]
async fn with_2081(flaky: &Flaky, _: String) -> Option<String> {
    let text = String::from("alone");
    pause().await;
    if flaky.up() {
        return Some(text);
    }
    None
}

async fn plain_2081(flaky: &Flaky, _: String) -> Option<String> {
    let text = String::from("alone");
    pause().await;
    if flaky.up() {
        return Some(text);
    }
    None
}

fn spare_2081(_: &Flaky, _: String) -> Option<String> {
    Some(spare())
}

#[tokio::test(start_paused = true)]
async fn case_2081() {
    let flaky = Flaky::failing(0);
    let up = send(plain_2081(&flaky, "text".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2081(&flaky, "text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_2081(&flaky, "text".to_owned())).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
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

// sync, Arc, Generic, Option, Items, [Cached, Timeout, Breaker, Retry]
impl Host {
    #[cached(skip(self))]
    #[timeout(secs = 55, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    fn with_2086<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> Option<String> {
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

    fn plain_2086<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> Option<String> {
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
}

#[test]
fn case_2086() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2086("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2086("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2086("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2086("other".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2086("other".to_owned()).seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_2086("other".to_owned()).seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Pair, Alias, Closure, [Cached, Breaker, Retry, Timeout]
impl Host {
    #[cached(skip(self))]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(attempts = 4, backoff = "none", when = always)]
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
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.option()?;
        Some(text)
    }

    fn plain_2126(&self) -> Option<String> {
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
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

// sync, Shared, Borrowed, Alias, Return, [Retry, Timeout, Breaker, Cached, Fallback]
impl Host {
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[timeout(secs = 55, mode = "cooperative")]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[fallback(self.spare_2134)]
    fn with_2134(&self, text: &str) -> Answer<String> {
        let text = text.to_owned() + "!";
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_2134(&self, text: &str) -> Answer<String> {
        let text = text.to_owned() + "!";
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn spare_2134(&self, _: &str) -> Answer<String> {
        Ok(spare())
    }
}

#[test]
fn case_2134() {
    let host = Host::failing(0);
    let up = host.plain_2134("text").seen();
    let host = Host::failing(1);
    let down = host.plain_2134("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2134("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = host.plain_2134("other").seen();
    let host = Host::failing(1);
    let down = host.plain_2134("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2134("other").seen();
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
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
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
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

impl Host {

    fn spare_2136<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(&self, _: T) -> Result<String, Fault> {
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

// async, Free, Impl, Result, Items, [Retry, Timeout, Fallback, Cached, Breaker]

#[retry(max = 3, backoff = "none")]
#[timeout(secs = 55)]
#[fallback(value = spare())]
#[cached(key = text.as_ref())]
#[circuit_breaker(failure_threshold = 100)]
async fn with_2139(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = show(text.as_ref());
    pause().await;
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

async fn plain_2139(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Result<String, Fault> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = show(text.as_ref());
    pause().await;
    flaky.result()?;
    let Marked(text) = marked(&text);
    Ok(text)
}

#[tokio::test(start_paused = true)]
async fn case_2139() {
    let flaky = Flaky::failing(0);
    let up = send(plain_2139(&flaky, "text".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2139(&flaky, "text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_2139(&flaky, "text".to_owned())).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_2139(&flaky, "other")).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2139(&flaky, "other")).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_2139(&flaky, "other")).await.seen();
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

    fn spare_2144(&self, _: String) -> Option<String> {
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
    #[fallback(self.spare_2147)]
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

    async fn spare_2147<const N: usize>(&self, _: [u32; N]) -> Answer<String> {
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

// sync, Trait, Impl, Io, Question, [Timeout, Retry, Cached, Fallback, Breaker]
trait Trait2150 {
    fn with_2150(&self, _: impl AsRef<str> + Clone) -> io::Result<String>;
}

impl Trait2150 for Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[retry(max = 3, backoff = "none", when = |_| true)]
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

    fn spare_2150(&self, _: impl AsRef<str> + Clone) -> io::Result<String> {
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

    fn spare_2154(&self, _: String) -> Option<String> {
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

// async, Arc, Borrowed, Option, Items, [Timeout, Fallback, Breaker, Retry, Cached]
impl Host {
    #[timeout(secs = 60)]
    #[fallback(value = spare())]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(base_delay = "10ms")]
    #[cached(skip(self))]
    async fn with_2161(self: Arc<Self>, text: &str) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    async fn plain_2161(self: Arc<Self>, text: &str) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = text.to_owned() + "!";
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2161() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2161("text")).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2161("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2161("text")).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2161("other")).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2161("other")).await.seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = send(Arc::clone(&host).with_2161("other")).await.seen();
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

// sync, Arc, Impl, Alias, Tail, [Breaker, Retry, Cached, Timeout, Fallback]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[cached(key = text.as_ref())]
    #[timeout(secs = 45, mode = "cooperative")]
    #[fallback(self.spare_2166)]
    fn with_2166(self: Arc<Self>, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    fn plain_2166(self: Arc<Self>, text: impl AsRef<str> + Clone) -> Answer<String> {
        let text = show(text.as_ref());
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }

    fn spare_2166(&self, _: impl AsRef<str> + Clone) -> Answer<String> {
        Ok(spare())
    }
}

#[test]
fn case_2166() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2166("text".to_owned()).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2166("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2166("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2166("other").seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2166("other").seen();
    let plain = Plain::new(up, &down);
    let host = Arc::new(Host::failing(0));
    let seen = Arc::clone(&host).with_2166("other").seen();
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
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
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
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(Arc::new(text))
    }
}

impl Host {

    fn spare_2168(&self, _: (String, u32)) -> Result<Shared, Fault> {
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

// async, Shared, Mutable, Alias, Items, [Breaker, Timeout, Retry, Cached, Fallback]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 55)]
    #[retry(base_delay = "10ms")]
    #[cached(skip(self))]
    #[fallback(value = spare())]
    async fn with_2171(&self, mut text: String) -> Answer<String> {
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

    async fn plain_2171(&self, mut text: String) -> Answer<String> {
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
async fn case_2171() {
    let host = Host::failing(0);
    let up = send(host.plain_2171("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2171("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2171("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_2171("other".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2171("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2171("other".to_owned())).await.seen();
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

    fn spare_2172<const N: usize>(&self, _: [u32; N]) -> Result<String, Fault> {
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

// async, Trait, Owned, Result, Closure, [Breaker, Cached, Timeout, Fallback, Retry]
trait Trait2179 {
    async fn with_2179(&self, _: String) -> Result<String, Fault>;
}

impl Trait2179 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    #[timeout(secs = 50)]
    #[fallback(self.spare_2179)]
    #[retry(max = 3, backoff = "none")]
    async fn with_2179(&self, text: String) -> Result<String, Fault> {
        let text = text + "!";
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait2179 for Twin {

    async fn with_2179(&self, text: String) -> Result<String, Fault> {
        let text = text + "!";
        pause().await;
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

    async fn spare_2179(&self, _: String) -> Result<String, Fault> {
        pause().await; Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2179() {
    let host = Twin::failing(0);
    let up = send(host.with_2179("text".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2179("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2179("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_2179("other".to_owned())).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2179("other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2179("other".to_owned())).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Borrowed, Result, Question, [Breaker, Cached, Fallback, Timeout, Retry]

#[circuit_breaker(failure_threshold = 100)]
#[cached(skip(flaky), ttl = 600)]
#[fallback(spare_2180)]
#[timeout(secs = 45, mode = "cooperative")]
#[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
fn with_2180(flaky: &Flaky, text: &str) -> Result<String, Fault> {
    let text = text.to_owned() + "!";
    flaky.result()?;
    Ok(text)
}

fn plain_2180(flaky: &Flaky, text: &str) -> Result<String, Fault> {
    let text = text.to_owned() + "!";
    flaky.result()?;
    Ok(text)
}

fn spare_2180(_: &Flaky, _: &str) -> Result<String, Fault> {
    Ok(spare())
}

#[test]
fn case_2180() {
    let flaky = Flaky::failing(0);
    let up = plain_2180(&flaky, "text").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2180(&flaky, "text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2180(&flaky, "text").seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2180(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2180(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2180(&flaky, "other").seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
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

// async, Free, Copied, Object, Loop, [Cached, Timeout, Fallback, Breaker, Retry]

#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 55)]
#[fallback(value = Arc::new(spare()))]
#[circuit_breaker(failure_threshold = 100)]
#[retry(max = 3, backoff = "none")]
async fn with_2185(flaky: &Flaky, number: u32) -> Result<Shared, Fault> {
    let text = show(number + 1);
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            pause().await;
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.result()?;
    Ok(Arc::new(text))
}

async fn plain_2185(flaky: &Flaky, number: u32) -> Result<Shared, Fault> {
    let text = show(number + 1);
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            pause().await;
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.result()?;
    Ok(Arc::new(text))
}

#[tokio::test(start_paused = true)]
async fn case_2185() {
    let flaky = Flaky::failing(0);
    let up = send(plain_2185(&flaky, 7)).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2185(&flaky, 7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_2185(&flaky, 7)).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_2185(&flaky, 8)).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2185(&flaky, 8)).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_2185(&flaky, 8)).await.seen();
    let calls = [flaky.calls()];
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
    #[retry(max = 3, backoff = "none", when = |_| true)]
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
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[circuit_breaker(failure_threshold = 100)]
    fn with_2190<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> Result<String, Fault> {
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2190<T: Clone + Display + Eq + Hash + Send + Sync + 'static>(self: Arc<Self>, value: T) -> Result<String, Fault> {
        let text = show(value);
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

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

// sync, Trait, Impl, Io, Return, [Cached, Fallback, Timeout, Breaker, Retry]
trait Trait2192 {
    fn with_2192(&self, _: impl AsRef<str> + Clone) -> io::Result<String>;
}

impl Trait2192 for Host {
    #[cached(key = text.as_ref())]
    #[fallback(self.spare_2192)]
    #[timeout(secs = 50, mode = "cooperative", map_err = to_io)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    fn with_2192(&self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

impl Trait2192 for Twin {

    fn with_2192(&self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

impl Host {

    fn spare_2192(&self, _: impl AsRef<str> + Clone) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_2192() {
    let host = Twin::failing(0);
    let up = host.with_2192("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2192("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2192("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2192("other").seen();
    let host = Twin::failing(1);
    let down = host.with_2192("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2192("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Free, Pair, Result, Loop, [Cached, Fallback, Breaker, Timeout, Retry]

#[cached(skip(flaky), ttl = 600)]
#[fallback(|_error| Ok(spare()))]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 45)]
#[retry(base_delay = "10ms")]
async fn with_2195(flaky: &Flaky, (first, second): (String, u32)) -> Result<String, Fault> {
    let text = first + &second.to_string();
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            pause().await;
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.result()?;
    Ok(text)
}

async fn plain_2195(flaky: &Flaky, (first, second): (String, u32)) -> Result<String, Fault> {
    let text = first + &second.to_string();
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            pause().await;
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.result()?;
    Ok(text)
}

#[tokio::test(start_paused = true)]
async fn case_2195() {
    let flaky = Flaky::failing(0);
    let up = send(plain_2195(&flaky, ("text".to_owned(), 7))).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2195(&flaky, ("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_2195(&flaky, ("text".to_owned(), 7))).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_2195(&flaky, ("text".to_owned(), 8))).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2195(&flaky, ("text".to_owned(), 8))).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_2195(&flaky, ("text".to_owned(), 8))).await.seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// async, Shared, Pair, Option, Items, [Fallback, Retry, Timeout, Breaker, Cached]
impl Host {
    #[fallback(self.spare_2197)]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 50)]
    #[circuit_breaker(failure_threshold = 100)]
    #[cached(skip(self))]
    async fn with_2197(&self, (first, second): (String, u32)) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = first + &second.to_string();
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    async fn plain_2197(&self, (first, second): (String, u32)) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = first + &second.to_string();
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    fn spare_2197(&self, _: (String, u32)) -> Option<String> {
        Some(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2197() {
    let host = Host::failing(0);
    let up = send(host.plain_2197(("text".to_owned(), 7))).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2197(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2197(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Host::failing(0);
    let up = send(host.plain_2197(("text".to_owned(), 8))).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2197(("text".to_owned(), 8))).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2197(("text".to_owned(), 8))).await.seen();
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

// sync, Free, Array, Object, Closure, [Fallback, Retry, Cached, Breaker, Timeout]

#[fallback(spare_2202)]
#[retry(max = 3, backoff = "none")]
#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 40, mode = "cooperative")]
fn with_2202<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Result<Shared, Fault> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
}

fn plain_2202<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Result<Shared, Fault> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Ok(Arc::new(text)) } else { Err(Fault::Down) }
}

fn spare_2202<const N: usize>(_: &Flaky, _: [u32; N]) -> Result<Shared, Fault> {
    Ok(Arc::new(spare()))
}

#[test]
fn case_2202() {
    let flaky = Flaky::failing(0);
    let up = plain_2202(&flaky, [1, 2, 3]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2202(&flaky, [1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2202(&flaky, [1, 2, 3]).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2202(&flaky, [1, 5]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2202(&flaky, [1, 5]).seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2202(&flaky, [1, 5]).seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Array, Io, Loop, [Fallback, Timeout, Retry, Breaker, Cached]
impl Host {
    #[fallback(Self::spare_2204)]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[cached(skip(self))]
    fn with_2204<const N: usize>(&self, list: [u32; N]) -> io::Result<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_2204<const N: usize>(&self, list: [u32; N]) -> io::Result<String> {
        let text = format!("{N} {}", list.iter().sum::<u32>());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.io()?;
        Ok(text)
    }

    fn spare_2204<const N: usize>(&self, _: [u32; N]) -> io::Result<String> {
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
    #[fallback(self.spare_2206)]
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

    fn spare_2206(&self) -> Result<String, Fault> {
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

// async, Free, Owned, Option, Items, [Fallback, Timeout, Cached, Breaker, Retry]

#[fallback(spare_2211)]
#[timeout(secs = 55)]
#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100)]
#[retry(max = 3, backoff = "none")]
async fn with_2211(flaky: &Flaky, text: String) -> Option<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = text + "!";
    pause().await;
    flaky.option()?;
    let Marked(text) = marked(&text);
    Some(text)
}

async fn plain_2211(flaky: &Flaky, text: String) -> Option<String> {
    const MARK: char = '~';
    struct Marked(String);
    fn marked(text: &str) -> Marked {
        Marked(format!("{text}{MARK}"))
    }
    let text = text + "!";
    pause().await;
    flaky.option()?;
    let Marked(text) = marked(&text);
    Some(text)
}

async fn spare_2211(_: &Flaky, _: String) -> Option<String> {
    pause().await; Some(spare())
}

#[tokio::test(start_paused = true)]
async fn case_2211() {
    let flaky = Flaky::failing(0);
    let up = send(plain_2211(&flaky, "text".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2211(&flaky, "text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_2211(&flaky, "text".to_owned())).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = send(plain_2211(&flaky, "other".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2211(&flaky, "other".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = send(with_2211(&flaky, "other".to_owned())).await.seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Owned, Option, Tail, [Fallback, Breaker, Retry, Timeout, Cached]
impl Host {
    #[fallback(value = spare())]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(max = 3, backoff = "none", when = |_| true)]
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

// async, Trait, Pair, Alias, Loop, [Fallback, Cached, Timeout, Breaker, Retry]
trait Trait2223 {
    async fn with_2223(&self, _: (String, u32)) -> Answer<String>;
}

impl Trait2223 for Host {
    #[fallback(self.spare_2223)]
    #[cached(skip(self))]
    #[timeout(secs = 50)]
    #[circuit_breaker(failure_threshold = 100)]
    #[retry(base_delay = "10ms")]
    async fn with_2223(&self, (first, second): (String, u32)) -> Answer<String> {
        let text = first + &second.to_string();
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                pause().await;
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait2223 for Twin {

    async fn with_2223(&self, (first, second): (String, u32)) -> Answer<String> {
        let text = first + &second.to_string();
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                pause().await;
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }
}

impl Host {

    fn spare_2223(&self, _: (String, u32)) -> Answer<String> {
        Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2223() {
    let host = Twin::failing(0);
    let up = send(host.with_2223(("text".to_owned(), 7))).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2223(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2223(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = send(host.with_2223(("text".to_owned(), 8))).await.seen();
    let host = Twin::failing(1);
    let down = send(host.with_2223(("text".to_owned(), 8))).await.seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = send(host.with_2223(("text".to_owned(), 8))).await.seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Free, Mutable, Option, Items, [Fallback, Cached, Breaker, Timeout, Retry]

#[fallback(spare_2224)]
#[cached(skip(flaky), ttl = 600)]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 45, mode = "cooperative")]
#[retry(max = 3, backoff = "none", when = |_| true)]
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

// sync, Free, Array, Option, Loop, [Timeout, Timeout]

#[timeout(secs = 60, mode = "cooperative")]
#[timeout(secs = 55, mode = "cooperative")]
fn with_2231<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Option<String> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.option()?;
    Some(text)
}

fn plain_2231<const N: usize>(flaky: &Flaky, list: [u32; N]) -> Option<String> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
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

// sync, Shared, Borrowed, Object, Return, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2233(&self, text: &str) -> Result<Boxed, Fault> {
        let text = text.to_owned() + "!";
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }

    fn plain_2233(&self, text: &str) -> Result<Boxed, Fault> {
        let text = text.to_owned() + "!";
        if self.flaky.up() {
            return Ok(Box::new(text));
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2233() {
    let host = Host::failing(0);
    let up = host.plain_2233("text").seen();
    let host = Host::failing(1);
    let down = host.plain_2233("text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2233("text").seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Shared, Generic, Alias, Return, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2234<T: Clone + Display>(&self, value: T) -> Answer<String> {
        let text = show(value);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_2234<T: Clone + Display>(&self, value: T) -> Answer<String> {
        let text = show(value);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2234() {
    let host = Host::failing(0);
    let up = host.plain_2234("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2234("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2234("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Impl, Io, Loop, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    fn with_2240(&mut self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        self.touched += 1;
        let text = show(text.as_ref());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_2240(&mut self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        self.touched += 1;
        let text = show(text.as_ref());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.io()?;
        Ok(text)
    }
}

#[test]
fn case_2240() {
    let mut host = Host::failing(0);
    let up = host.plain_2240("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2240("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2240("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Exclusive, Mutable, Io, Loop, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    fn with_2241(&mut self, mut text: String) -> io::Result<String> {
        self.touched += 1;
        text.push('!');
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_2241(&mut self, mut text: String) -> io::Result<String> {
        self.touched += 1;
        text.push('!');
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.io()?;
        Ok(text)
    }
}

#[test]
fn case_2241() {
    let mut host = Host::failing(0);
    let up = host.plain_2241("text".to_owned()).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2241("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2241("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
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

// sync, TraitExclusive, Wild, Alias, Closure, [Timeout, Timeout]
trait Trait2258 {
    fn with_2258(&mut self, _: String) -> Answer<String>;
}

impl Trait2258 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[timeout(secs = 55, mode = "cooperative")]
    fn with_2258(&mut self, _: String) -> Answer<String> {
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
}

impl Trait2258 for Twin {

    fn with_2258(&mut self, _: String) -> Answer<String> {
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
}

#[test]
fn case_2258() {
    let mut host = Twin::failing(0);
    let up = host.with_2258("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2258("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2258("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Free, Sink, Io, Return, [Timeout, Timeout]

#[timeout(secs = 60, map_err = to_io)]
#[timeout(secs = 55, map_err = to_io)]
async fn with_2261(flaky: &Flaky, sink: &mut Vec<u32>) -> io::Result<String> {
    sink.push(7);
    let text = format!("{:?}", sink.last());
    pause().await;
    if flaky.up() {
        return Ok(text);
    }
    Err(down())
}

async fn plain_2261(flaky: &Flaky, sink: &mut Vec<u32>) -> io::Result<String> {
    sink.push(7);
    let text = format!("{:?}", sink.last());
    pause().await;
    if flaky.up() {
        return Ok(text);
    }
    Err(down())
}

#[tokio::test(start_paused = true)]
async fn case_2261() {
    let mut sink = vec![0];
    let flaky = Flaky::failing(0);
    let up = send(plain_2261(&flaky, &mut sink)).await.seen();
    let mut sink = vec![0];
    let flaky = Flaky::failing(1);
    let down = send(plain_2261(&flaky, &mut sink)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let flaky = Flaky::failing(failures);
        let seen = send(with_2261(&flaky, &mut sink)).await.seen();
        let calls = [flaky.calls(), sink.iter().sum::<u32>() / 7];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Shared, Pair, Io, Tail, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60, map_err = to_io)]
    #[timeout(secs = 55, map_err = to_io)]
    async fn with_2268(&self, (first, second): (String, u32)) -> io::Result<String> {
        let text = first + &second.to_string();
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }

    async fn plain_2268(&self, (first, second): (String, u32)) -> io::Result<String> {
        let text = first + &second.to_string();
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2268() {
    let host = Host::failing(0);
    let up = send(host.plain_2268(("text".to_owned(), 7))).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2268(("text".to_owned(), 7))).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2268(("text".to_owned(), 7))).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Arc, Copied, Option, Items, [Timeout, Timeout]
impl Host {
    #[timeout(secs = 60)]
    #[timeout(secs = 55)]
    async fn with_2276(self: Arc<Self>, number: u32) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(number + 1);
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }

    async fn plain_2276(self: Arc<Self>, number: u32) -> Option<String> {
        const MARK: char = '~';
        struct Marked(String);
        fn marked(text: &str) -> Marked {
            Marked(format!("{text}{MARK}"))
        }
        let text = show(number + 1);
        pause().await;
        self.flaky.option()?;
        let Marked(text) = marked(&text);
        Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn case_2276() {
    let host = Arc::new(Host::failing(0));
    let up = send(Arc::clone(&host).plain_2276(7)).await.seen();
    let host = Arc::new(Host::failing(1));
    let down = send(Arc::clone(&host).plain_2276(7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = send(Arc::clone(&host).with_2276(7)).await.seen();
        let calls = [host.flaky.calls()];
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

// sync, Exclusive, Pair, Io, Return, [Timeout, Retry, Timeout]
impl Host {
    #[timeout(secs = 60, mode = "cooperative", map_err = to_io)]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 50, mode = "cooperative", map_err = to_io)]
    fn with_2306(&mut self, (first, second): (String, u32)) -> io::Result<String> {
        self.touched += 1;
        let text = first + &second.to_string();
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }

    fn plain_2306(&mut self, (first, second): (String, u32)) -> io::Result<String> {
        self.touched += 1;
        let text = first + &second.to_string();
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

#[test]
fn case_2306() {
    let mut host = Host::failing(0);
    let up = host.plain_2306(("text".to_owned(), 7)).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2306(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2306(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Owned, Object, Question, [Timeout, Retry, Timeout]
trait Trait2320 {
    fn with_2320(&mut self, _: String) -> Result<Boxed, Fault>;
}

impl Trait2320 for Host {
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry(attempts = 4, backoff = "none", when = always)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2320(&mut self, text: String) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = text + "!";
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

impl Trait2320 for Twin {

    fn with_2320(&mut self, text: String) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = text + "!";
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

#[test]
fn case_2320() {
    let mut host = Twin::failing(0);
    let up = host.with_2320("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2320("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2320("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
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
    #[retry(max = 3, backoff = "none", when = |_| true)]
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

    fn spare_2365(&self, _: &str) -> Result<String, Fault> {
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

// sync, Exclusive, Array, Result, Question, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(self.spare_2374)]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[fallback(value = spare(), when = never)]
    fn with_2374<const N: usize>(&mut self, list: [u32; N]) -> Result<String, Fault> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2374<const N: usize>(&mut self, list: [u32; N]) -> Result<String, Fault> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        self.flaky.result()?;
        Ok(text)
    }

    fn spare_2374<const N: usize>(&self, _: [u32; N]) -> Result<String, Fault> {
        Ok(spare())
    }
}

#[test]
fn case_2374() {
    let mut host = Host::failing(0);
    let up = host.plain_2374([1, 2, 3]).seen();
    let mut host = Host::failing(1);
    let down = host.plain_2374([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2374([1, 2, 3]).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Copied, Result, Return, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(|_error| Ok(spare()))]
    #[retry(max = 3, backoff = "none")]
    #[fallback(value = spare(), when = never)]
    fn with_2375(self: Arc<Self>, number: u32) -> Result<String, Fault> {
        let text = show(number + 1);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }

    fn plain_2375(self: Arc<Self>, number: u32) -> Result<String, Fault> {
        let text = show(number + 1);
        if self.flaky.up() {
            return Ok(text);
        }
        Err(Fault::Down)
    }
}

#[test]
fn case_2375() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2375(7).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2375(7).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2375(7).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Owned, Option, Tail, [Fallback, Retry, Unneeded]
trait Trait2381 {
    fn with_2381(&self, _: String) -> Option<String>;
}

impl Trait2381 for Host {
    #[fallback(value = spare())]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[fallback(value = spare(), when = never)]
    fn with_2381(&self, text: String) -> Option<String> {
        let text = text + "!";
        if self.flaky.up() { Some(text) } else { None }
    }
}

impl Trait2381 for Twin {

    fn with_2381(&self, text: String) -> Option<String> {
        let text = text + "!";
        if self.flaky.up() { Some(text) } else { None }
    }
}

#[test]
fn case_2381() {
    let host = Twin::failing(0);
    let up = host.with_2381("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2381("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2381("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
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

// sync, TraitExclusive, Wild, Object, Loop, [Fallback, Retry, Unneeded]
trait Trait2390 {
    fn with_2390(&mut self, _: String) -> Result<Boxed, Fault>;
}

impl Trait2390 for Host {
    #[fallback(value = Box::new(spare()))]
    #[retry(max = 3, backoff = "none")]
    #[fallback(value = Box::new(spare()), when = never)]
    fn with_2390(&mut self, _: String) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

impl Trait2390 for Twin {

    fn with_2390(&mut self, _: String) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

#[test]
fn case_2390() {
    let mut host = Twin::failing(0);
    let up = host.with_2390("text".to_owned()).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2390("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2390("text".to_owned()).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Free, Impl, Option, Closure, [Fallback, Retry, Unneeded]

#[fallback(spare_2394)]
#[retry(max = 3, backoff = "fibonacci", base_delay_ms = 10, jitter = false)]
#[fallback(value = spare(), when = never)]
async fn with_2394(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Option<String> {
    let text = show(text.as_ref());
    pause().await;
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Some(text) } else { None }
}

async fn plain_2394(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Option<String> {
    let text = show(text.as_ref());
    pause().await;
    let long = |text: &str| {
        if text.len() > 100 {
            return false;
        }
        text.len() > 50
    };
    if flaky.up() && !long(&text) { Some(text) } else { None }
}

async fn spare_2394(_: &Flaky, _: impl AsRef<str> + Clone) -> Option<String> {
    pause().await; Some(spare())
}

#[tokio::test(start_paused = true)]
async fn case_2394() {
    let flaky = Flaky::failing(0);
    let up = send(plain_2394(&flaky, "text".to_owned())).await.seen();
    let flaky = Flaky::failing(1);
    let down = send(plain_2394(&flaky, "text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = send(with_2394(&flaky, "text".to_owned())).await.seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Shared, Generic, Io, Tail, [Fallback, Retry, Unneeded]
impl Host {
    #[fallback(value = spare())]
    #[retry(max = 3, backoff = "none")]
    #[fallback(value = spare(), when = never)]
    async fn with_2399<T: Clone + Display>(&self, value: T) -> io::Result<String> {
        let text = show(value);
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }

    async fn plain_2399<T: Clone + Display>(&self, value: T) -> io::Result<String> {
        let text = show(value);
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2399() {
    let host = Host::failing(0);
    let up = send(host.plain_2399("text".to_owned())).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2399("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2399("text".to_owned())).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Wild, Object, Question, [Breaker, Unneeded, Timeout]

#[circuit_breaker(failure_threshold = 100)]
#[fallback(value = Box::new(spare()), when = never)]
#[timeout(secs = 50, mode = "cooperative")]
fn with_2428(flaky: &Flaky, _: String) -> Result<Boxed, Fault> {
    let text = String::from("alone");
    flaky.result()?;
    Ok(Box::new(text))
}

fn plain_2428(flaky: &Flaky, _: String) -> Result<Boxed, Fault> {
    let text = String::from("alone");
    flaky.result()?;
    Ok(Box::new(text))
}

#[test]
fn case_2428() {
    let flaky = Flaky::failing(0);
    let up = plain_2428(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2428(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2428(&flaky, "text".to_owned()).seen();
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

// sync, Shared, Impl, Option, Loop, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2432(&self, text: impl AsRef<str> + Clone) -> Option<String> {
        let text = show(text.as_ref());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.option()?;
        Some(text)
    }

    fn plain_2432(&self, text: impl AsRef<str> + Clone) -> Option<String> {
        let text = show(text.as_ref());
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
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

// sync, Arc, Owned, Alias, Loop, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2441(self: Arc<Self>, text: String) -> Answer<String> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.result()?;
        Ok(text)
    }

    fn plain_2441(self: Arc<Self>, text: String) -> Answer<String> {
        let text = text + "!";
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
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

// sync, Arc, Sink, Option, Return, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2442(self: Arc<Self>, sink: &mut Vec<u32>) -> Option<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() {
            return Some(text);
        }
        None
    }

    fn plain_2442(self: Arc<Self>, sink: &mut Vec<u32>) -> Option<String> {
        sink.push(7);
        let text = format!("{:?}", sink.last());
        if self.flaky.up() {
            return Some(text);
        }
        None
    }
}

#[test]
fn case_2442() {
    let mut sink = vec![0];
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2442(&mut sink).seen();
    let mut sink = vec![0];
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2442(&mut sink).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut sink = vec![0];
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2442(&mut sink).seen();
        let calls = [host.flaky.calls(), sink.iter().sum::<u32>() / 7];
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

// sync, Trait, Pair, Option, Items, [Breaker, Unneeded, Timeout]
trait Trait2449 {
    fn with_2449(&self, _: (String, u32)) -> Option<String>;
}

impl Trait2449 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2449(&self, (first, second): (String, u32)) -> Option<String> {
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

impl Trait2449 for Twin {

    fn with_2449(&self, (first, second): (String, u32)) -> Option<String> {
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
fn case_2449() {
    let host = Twin::failing(0);
    let up = host.with_2449(("text".to_owned(), 7)).seen();
    let host = Twin::failing(1);
    let down = host.with_2449(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2449(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, TraitExclusive, Array, Result, Tail, [Breaker, Unneeded, Timeout]
trait Trait2456 {
    fn with_2456<const N: usize>(&mut self, _: [u32; N]) -> Result<String, Fault>;
}

impl Trait2456 for Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = spare(), when = never)]
    #[timeout(secs = 50, mode = "cooperative")]
    fn with_2456<const N: usize>(&mut self, list: [u32; N]) -> Result<String, Fault> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

impl Trait2456 for Twin {

    fn with_2456<const N: usize>(&mut self, list: [u32; N]) -> Result<String, Fault> {
        self.touched += 1;
        let text = format!("{N} {}", list.iter().sum::<u32>());
        if self.flaky.up() { Ok(text) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2456() {
    let mut host = Twin::failing(0);
    let up = host.with_2456([1, 2, 3]).seen();
    let mut host = Twin::failing(1);
    let down = host.with_2456([1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2456([1, 2, 3]).seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Copied, Object, Question, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100)]
    #[fallback(value = Box::new(spare()), when = never)]
    #[timeout(secs = 50)]
    async fn with_2468(&mut self, number: u32) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = show(number + 1);
        pause().await;
        self.flaky.result()?;
        Ok(Box::new(text))
    }

    async fn plain_2468(&mut self, number: u32) -> Result<Boxed, Fault> {
        self.touched += 1;
        let text = show(number + 1);
        pause().await;
        self.flaky.result()?;
        Ok(Box::new(text))
    }
}

#[tokio::test(start_paused = true)]
async fn case_2468() {
    let mut host = Host::failing(0);
    let up = send(host.plain_2468(7)).await.seen();
    let mut host = Host::failing(1);
    let down = send(host.plain_2468(7)).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Down, 1), (2, Expected::Down, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2468(7)).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, Exclusive, Borrowed, Io, Question, [Breaker, Unneeded, Timeout]
impl Host {
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
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

// sync, Free, Owned, Option, Tail, [Fallback, Timeout, Unneeded]

#[fallback(value = spare())]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(value = spare(), when = never)]
fn with_2491(flaky: &Flaky, text: String) -> Option<String> {
    let text = text + "!";
    if flaky.up() { Some(text) } else { None }
}

fn plain_2491(flaky: &Flaky, text: String) -> Option<String> {
    let text = text + "!";
    if flaky.up() { Some(text) } else { None }
}

#[test]
fn case_2491() {
    let flaky = Flaky::failing(0);
    let up = plain_2491(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2491(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2491(&flaky, "text".to_owned()).seen();
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

// sync, Free, Impl, Option, Loop, [Fallback, Timeout, Unneeded]

#[fallback(value = spare())]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(value = spare(), when = never)]
fn with_2493(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Option<String> {
    let text = show(text.as_ref());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.option()?;
    Some(text)
}

fn plain_2493(flaky: &Flaky, text: impl AsRef<str> + Clone) -> Option<String> {
    let text = show(text.as_ref());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.option()?;
    Some(text)
}

#[test]
fn case_2493() {
    let flaky = Flaky::failing(0);
    let up = plain_2493(&flaky, "text".to_owned()).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2493(&flaky, "text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2493(&flaky, "text".to_owned()).seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Array, Io, Loop, [Fallback, Timeout, Unneeded]

#[fallback(value = spare())]
#[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
#[fallback(value = spare(), when = never)]
fn with_2495<const N: usize>(flaky: &Flaky, list: [u32; N]) -> io::Result<String> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.io()?;
    Ok(text)
}

fn plain_2495<const N: usize>(flaky: &Flaky, list: [u32; N]) -> io::Result<String> {
    let text = format!("{N} {}", list.iter().sum::<u32>());
    let mut rounds = 0;
    let text = 'outer: loop {
        for step in 0..3 {
            rounds += step;
            if rounds == 1 {
                continue 'outer;
            }
            if rounds > 3 {
                break 'outer text;
            }
        }
    };
    flaky.io()?;
    Ok(text)
}

#[test]
fn case_2495() {
    let flaky = Flaky::failing(0);
    let up = plain_2495(&flaky, [1, 2, 3]).seen();
    let flaky = Flaky::failing(1);
    let down = plain_2495(&flaky, [1, 2, 3]).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2495(&flaky, [1, 2, 3]).seen();
        let calls = [flaky.calls()];
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
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.option()?;
        Some(text)
    }

    fn plain_2500(&self, _: String) -> Option<String> {
        let text = String::from("alone");
        let mut rounds = 0;
        let text = 'outer: loop {
            for step in 0..3 {
                rounds += step;
                if rounds == 1 {
                    continue 'outer;
                }
                if rounds > 3 {
                    break 'outer text;
                }
            }
        };
        self.flaky.option()?;
        Some(text)
    }

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

// sync, Exclusive, None, Io, Items, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(self.spare_2501)]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    #[fallback(value = spare(), when = never)]
    fn with_2501(&mut self) -> io::Result<String> {
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

    fn plain_2501(&mut self) -> io::Result<String> {
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

    fn spare_2501(&self) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_2501() {
    let mut host = Host::failing(0);
    let up = host.plain_2501().seen();
    let mut host = Host::failing(1);
    let down = host.plain_2501().seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = host.with_2501().seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Arc, Pair, Object, Tail, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(|_error| Ok(Box::new(spare()) as Boxed))]
    #[timeout(secs = 55, mode = "cooperative")]
    #[fallback(value = Box::new(spare()), when = never)]
    fn with_2510(self: Arc<Self>, (first, second): (String, u32)) -> Result<Boxed, Fault> {
        let text = first + &second.to_string();
        if self.flaky.up() { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }

    fn plain_2510(self: Arc<Self>, (first, second): (String, u32)) -> Result<Boxed, Fault> {
        let text = first + &second.to_string();
        if self.flaky.up() { Ok(Box::new(text)) } else { Err(Fault::Down) }
    }
}

#[test]
fn case_2510() {
    let host = Arc::new(Host::failing(0));
    let up = Arc::clone(&host).plain_2510(("text".to_owned(), 7)).seen();
    let host = Arc::new(Host::failing(1));
    let down = Arc::clone(&host).plain_2510(("text".to_owned(), 7)).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Arc::new(Host::failing(failures));
        let seen = Arc::clone(&host).with_2510(("text".to_owned(), 7)).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Mutable, Result, Question, [Fallback, Timeout, Unneeded]
trait Trait2516 {
    fn with_2516(&self, _: String) -> Result<String, Fault>;
}

impl Trait2516 for Host {
    #[fallback(value = spare())]
    #[timeout(secs = 55, mode = "cooperative")]
    #[fallback(value = spare(), when = never)]
    fn with_2516(&self, mut text: String) -> Result<String, Fault> {
        text.push('!');
        self.flaky.result()?;
        Ok(text)
    }
}

impl Trait2516 for Twin {

    fn with_2516(&self, mut text: String) -> Result<String, Fault> {
        text.push('!');
        self.flaky.result()?;
        Ok(text)
    }
}

#[test]
fn case_2516() {
    let host = Twin::failing(0);
    let up = host.with_2516("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2516("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = host.with_2516("text".to_owned()).seen();
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

// async, Shared, Borrowed, Alias, Closure, [Fallback, Timeout, Unneeded]
impl Host {
    #[fallback(|_error| Ok(spare()))]
    #[timeout(secs = 55)]
    #[fallback(value = spare(), when = never)]
    async fn with_2530(&self, text: &str) -> Answer<String> {
        let text = text.to_owned() + "!";
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }

    async fn plain_2530(&self, text: &str) -> Answer<String> {
        let text = text.to_owned() + "!";
        pause().await;
        let long = |text: &str| {
            if text.len() > 100 {
                return false;
            }
            text.len() > 50
        };
        if self.flaky.up() && !long(&text) { Ok(text) } else { Err(Fault::Down) }
    }
}

#[tokio::test(start_paused = true)]
async fn case_2530() {
    let host = Host::failing(0);
    let up = send(host.plain_2530("text")).await.seen();
    let host = Host::failing(1);
    let down = send(host.plain_2530("text")).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let host = Host::failing(failures);
        let seen = send(host.with_2530("text")).await.seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// async, TraitExclusive, Generic, Io, Tail, [Fallback, Timeout, Unneeded]
trait Trait2553 {
    async fn with_2553<T: Clone + Display>(&mut self, _: T) -> io::Result<String>;
}

impl Trait2553 for Host {
    #[fallback(self.spare_2553)]
    #[timeout(secs = 55, map_err = to_io)]
    #[fallback(value = spare(), when = never)]
    async fn with_2553<T: Clone + Display>(&mut self, value: T) -> io::Result<String> {
        self.touched += 1;
        let text = show(value);
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

impl Trait2553 for Twin {

    async fn with_2553<T: Clone + Display>(&mut self, value: T) -> io::Result<String> {
        self.touched += 1;
        let text = show(value);
        pause().await;
        if self.flaky.up() { Ok(text) } else { Err(down()) }
    }
}

impl Host {

    fn spare_2553<T: Clone + Display>(&self, _: T) -> io::Result<String> {
        Ok(spare())
    }
}

#[tokio::test(start_paused = true)]
async fn case_2553() {
    let mut host = Twin::failing(0);
    let up = send(host.with_2553("text".to_owned())).await.seen();
    let mut host = Twin::failing(1);
    let down = send(host.with_2553("text".to_owned())).await.seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 1), (2, Expected::Spare, 1), (0, Expected::Up, 1), (0, Expected::Up, 1)] {
        let mut host = Host::failing(failures);
        let seen = send(host.with_2553("text".to_owned())).await.seen();
        let calls = [host.flaky.calls(), host.touched];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Free, Borrowed, Option, Question, [Cached, Timeout, Fallback, Retry, Breaker, Timeout]

#[cached(skip(flaky), ttl = 600)]
#[timeout(secs = 55, mode = "cooperative")]
#[fallback(|_error| Some(spare()))]
#[retry(max = 3, backoff = "none", when = |_| true)]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 35, mode = "cooperative")]
fn with_2559(flaky: &Flaky, text: &str) -> Option<String> {
    let text = text.to_owned() + "!";
    flaky.option()?;
    Some(text)
}

fn plain_2559(flaky: &Flaky, text: &str) -> Option<String> {
    let text = text.to_owned() + "!";
    flaky.option()?;
    Some(text)
}

#[test]
fn case_2559() {
    let flaky = Flaky::failing(0);
    let up = plain_2559(&flaky, "text").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2559(&flaky, "text").seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let flaky = Flaky::failing(failures);
        let seen = with_2559(&flaky, "text").seen();
        let calls = [flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let flaky = Flaky::failing(0);
    let up = plain_2559(&flaky, "other").seen();
    let flaky = Flaky::failing(1);
    let down = plain_2559(&flaky, "other").seen();
    let plain = Plain::new(up, &down);
    let flaky = Flaky::failing(0);
    let seen = with_2559(&flaky, "other").seen();
    let calls = [flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}

// sync, Shared, Wild, Io, Question, [Cached, Timeout, Fallback, Retry, Breaker, Timeout]
impl Host {
    #[cached(skip(self))]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    #[fallback(Self::spare_2574)]
    #[retry(max_retries = 3, backoff = "none", max_elapsed = "50s")]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[timeout(secs = 35, mode = "cooperative", map_err = to_io)]
    fn with_2574(&self, _: String) -> io::Result<String> {
        let text = String::from("alone");
        self.flaky.io()?;
        Ok(text)
    }

    fn plain_2574(&self, _: String) -> io::Result<String> {
        let text = String::from("alone");
        self.flaky.io()?;
        Ok(text)
    }

    fn spare_2574(&self, _: String) -> io::Result<String> {
        Ok(spare())
    }
}

#[test]
fn case_2574() {
    let host = Host::failing(0);
    let up = host.plain_2574("text".to_owned()).seen();
    let host = Host::failing(1);
    let down = host.plain_2574("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2574("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
}

// sync, Trait, Impl, Io, Return, [Cached, Timeout, Fallback, Retry, Breaker, Timeout]
trait Trait2591 {
    fn with_2591(&self, _: impl AsRef<str> + Clone) -> io::Result<String>;
}

impl Trait2591 for Host {
    #[cached(key = text.as_ref())]
    #[timeout(secs = 55, mode = "cooperative", map_err = to_io)]
    #[fallback(|_error| Ok(spare()))]
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[circuit_breaker(failure_threshold = 100, map_err = to_io)]
    #[timeout(secs = 35, mode = "cooperative", map_err = to_io)]
    fn with_2591(&self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

impl Trait2591 for Twin {

    fn with_2591(&self, text: impl AsRef<str> + Clone) -> io::Result<String> {
        let text = show(text.as_ref());
        if self.flaky.up() {
            return Ok(text);
        }
        Err(down())
    }
}

#[test]
fn case_2591() {
    let host = Twin::failing(0);
    let up = host.with_2591("text".to_owned()).seen();
    let host = Twin::failing(1);
    let down = host.with_2591("text".to_owned()).seen();
    let plain = Plain::new(up, &down);
    for (failures, expected, expected_calls) in [(9, Expected::Spare, 4), (2, Expected::Up, 3), (0, Expected::Up, 0), (0, Expected::Up, 0)] {
        let host = Host::failing(failures);
        let seen = host.with_2591("text".to_owned()).seen();
        let calls = [host.flaky.calls()];
        plain.check(expected, &seen, &calls, expected_calls);
    }
    let host = Twin::failing(0);
    let up = host.with_2591("other").seen();
    let host = Twin::failing(1);
    let down = host.with_2591("other").seen();
    let plain = Plain::new(up, &down);
    let host = Host::failing(0);
    let seen = host.with_2591("other").seen();
    let calls = [host.flaky.calls()];
    plain.check(Expected::Up, &seen, &calls, 1);
}
