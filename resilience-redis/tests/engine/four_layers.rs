//! What an engine that fails does to the calls of a function that shares all that it can: each succeeds in time, and
//! each change is told once.

use std::future::Future;
use std::time::Duration;

use resilience::store::SharedStore;
use resilience::{Error, bulkhead, cached, circuit_breaker, rate_limit};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::{Console, PATIENCE, events, until_available};

/// Short enough that a frozen engine shows, and longer than a busy machine needs.
const LIMIT: Duration = Duration::from_millis(500);

/// Each layer makes one request.
const LAYERS: u32 = 4;

/// A busy machine is late. One more request of a layer would be later.
const LATE: Duration = Duration::from_millis(400);

macro_rules! program {
    ($name:literal) => {{
        static STORE: Redis = Redis::new($name).limit(LIMIT).connect_timeout(PATIENCE);

        #[cached(name = $name, ttl = 3600, near = "1s", store = STORE)]
        #[rate_limit(name = $name, max = 1_000_000, lease = 2, store = STORE)]
        #[circuit_breaker(name = $name, failure_threshold = 1, store = STORE)]
        #[bulkhead(name = $name, max = 1_000, store = STORE)]
        async fn call(key: u32) -> Result<u32, Error> {
            tokio::task::yield_now().await;
            Ok(2 * key)
        }

        events::collect();
        Program { store: &STORE, call, key: 0, connected: vec!["store.connected"] }
    }};
}

struct Program<F> {
    store: &'static Redis,
    call: F,
    key: u32,
    /// What is told when the engine is there again.
    connected: Vec<&'static str>,
}

impl<F: Fn(u32) -> Fut, Fut: Future<Output = Result<u32, Error>>> Program<F> {
    async fn connect(&self, server: &Server) {
        self.store.connect(&server.url()).await.expect("a connection");
    }

    /// A call for a new key and one for a key that is near, if the engine has answered.
    async fn call(&mut self) {
        self.key += 1;
        for key in [self.key, self.key] {
            let timer = tokio::time::sleep(LAYERS * LIMIT + LATE);
            let out = tokio::select! {
                biased;
                out = (self.call)(key) => out,
                () = timer => panic!("a call of {LAYERS} layers takes longer than {:?}", LAYERS * LIMIT + LATE),
            };
            assert_eq!(out, Ok(2 * key));
        }
    }

    async fn call_while(&mut self, goes_on: impl Fn(&Redis) -> bool) {
        let done = tokio::time::timeout(Duration::from_secs(60), async {
            while goes_on(self.store) {
                self.call().await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        done.await.expect("it comes true");
    }

    /// Calls until it is known that the engine has gone, then does `mend`, and calls until it is back.
    async fn survive(&mut self, mend: impl FnOnce()) {
        self.call_while(|store| store.engine().is_available()).await;
        for _ in 0..20 {
            self.call().await;
        }
        mend();
        self.call_while(|store| !store.engine().is_available()).await;
        until_available(self.store).await;
        for _ in 0..20 {
            self.call().await;
        }
        self.connected.extend(["store.away", "store.connected"]);
        self.check_events();
    }

    fn check_events(&self) {
        let name = self.store.engine().namespace();
        let told: Vec<_> = events::of(name).into_iter().filter(|event| *event != "store.dropped").collect();
        assert_eq!(told, self.connected);
    }
}

#[tokio::test]
async fn calls_go_on_while_the_engine_stops_is_killed_and_starts_again() {
    let mut program = program!("layers-stopped");
    let Some(mut server) = Server::start(&[]) else { return };
    program.connect(&server).await;
    program.call().await;
    server.stop();
    program.survive(|| server.start_again(&[])).await;
    server.kill();
    program.survive(|| server.start_again(&[])).await;
}

#[tokio::test]
async fn calls_go_on_while_the_engine_is_frozen() {
    let mut program = program!("layers-frozen");
    let Some(server) = Server::start(&[]) else { return };
    program.connect(&server).await;
    program.call().await;
    server.freeze();
    program.survive(|| server.thaw()).await;
}

#[tokio::test]
async fn calls_go_on_while_the_engine_pauses_its_clients() {
    let mut program = program!("layers-paused");
    let Some(server) = Server::start(&[]) else { return };
    program.connect(&server).await;
    program.call().await;
    let () = Console::open(&server.url()).await.run("CLIENT PAUSE 3000 ALL").await;
    program.survive(|| {}).await;
}

#[tokio::test]
async fn calls_go_on_when_the_engine_loses_its_scripts_and_its_data() {
    let mut program = program!("layers-flushed");
    let Some(server) = Server::start(&[]) else { return };
    program.connect(&server).await;
    let mut console = Console::open(&server.url()).await;
    for command in ["SCRIPT FLUSH", "FLUSHALL", "SCRIPT FLUSH", "FLUSHALL"] {
        program.call().await;
        let () = console.run(command).await;
        program.call().await;
        program.store.flush().await;
    }
    assert_eq!(program.store.dropped_updates(), 0);
    program.check_events();
}
