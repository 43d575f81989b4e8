use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, RedisError, Value, cmd, pipe};
use resilience::{Classify, classify_chain, retry};
use services::Redis;

use crate::{CRITICAL, NETWORK, PERMANENT, RESOURCE, TRANSIENT, meaning};

async fn connect(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_millis(500)));
    Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await
}

async fn run(connection: &mut MultiplexedConnection, command: &str) -> Result<Value, RedisError> {
    let mut words = command.split(' ');
    let mut parsed = cmd(words.next().unwrap_or_default());
    for word in words {
        parsed.arg(word);
    }
    parsed.query_async(connection).await
}

async fn fails(connection: &mut MultiplexedConnection, command: &str) -> RedisError {
    match run(connection, command).await {
        Ok(value) => panic!("{command}: {value:?}"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn answers_of_the_server() {
    let Some(redis) = Redis::start(&[]) else { return };
    let mut connection = connect(&redis.url()).await.expect("a connection");
    run(&mut connection, "SET text hello").await.expect("a value");
    for (command, code) in [
        ("INCR text", "ERR"),
        ("LPUSH text a", "WRONGTYPE"),
        ("NONSENSE", "ERR"),
        ("EVALSHA 0000000000000000000000000000000000000000 0", "NOSCRIPT"),
        ("SCRIPT KILL", "NOTBUSY"),
    ] {
        let error = fails(&mut connection, command).await;
        assert_eq!((error.code(), meaning(&error)), (Some(code), PERMANENT), "{command}: {error}");
    }
    let decode = cmd("GET").arg("text").query_async::<i64>(&mut connection).await.expect_err("no number");
    assert_eq!(meaning(&decode), PERMANENT, "{decode:?}");
    let invalid = Client::open("no://url").expect_err("no URL");
    assert_eq!(meaning(&invalid), PERMANENT, "{invalid:?}");
}

#[tokio::test]
async fn wrong_passwords_and_missing_permissions_are_critical() {
    let Some(redis) = Redis::start(&["--requirepass secret"]) else { return };
    let mut without = connect(&redis.url()).await.expect("the server asks at the first command");
    let error = fails(&mut without, "GET key").await;
    assert_eq!((error.code(), meaning(&error)), (Some("NOAUTH"), CRITICAL));
    let error = fails(&mut without, "AUTH wrong").await;
    assert_eq!((error.code(), meaning(&error)), (Some("WRONGPASS"), CRITICAL));
    let in_a_pipeline = pipe().get("key").query_async::<Value>(&mut without).await.expect_err("no password");
    assert_eq!(meaning(&in_a_pipeline), CRITICAL, "{in_a_pipeline:?}");

    let with = |user: &str| format!("redis://{user}@127.0.0.1:{}", redis.port());
    let wrong = connect(&with(":wrong")).await.expect_err("a wrong password");
    assert_eq!(meaning(&wrong), CRITICAL, "{wrong:?}");
    let mut right = connect(&with(":secret")).await.expect("a connection");
    run(&mut right, "ACL SETUSER reader on >secret ~* +get").await.expect("a user");
    let mut reader = connect(&with("reader:secret")).await.expect("a connection");
    let error = fails(&mut reader, "SET key value").await;
    assert_eq!((error.code(), meaning(&error)), (Some("NOPERM"), CRITICAL));
}

#[tokio::test]
async fn a_server_without_memory_or_places_is_a_resource() {
    let Some(redis) = Redis::start(&["--maxmemory 1", "--maxmemory-policy noeviction", "--maxclients 1"]) else {
        return;
    };
    let mut connection = connect(&redis.url()).await.expect("a connection");
    let error = fails(&mut connection, "SET key value").await;
    assert_eq!((error.code(), meaning(&error)), (Some("OOM"), RESOURCE));
    let error = pipe().set("a", 1).get("b").query_async::<Value>(&mut connection).await.expect_err("no memory");
    assert_eq!(meaning(&error), RESOURCE, "one command of a pipeline: {error:?}");
    let error = pipe().set("a", 1).cmd("NONSENSE").query_async::<Value>(&mut connection).await.expect_err("no memory");
    assert_eq!(meaning(&error), PERMANENT, "the gravest of a pipeline: {error:?}");
    let error = pipe().atomic().set("a", 1).query_async::<Value>(&mut connection).await.expect_err("no memory");
    assert_eq!(meaning(&error), RESOURCE, "a transaction that was not carried out: {error:?}");

    let mut second = connect(&redis.url()).await;
    let error = match &mut second {
        Ok(second) => fails(second, "PING").await,
        Err(error) => error.clone(),
    };
    // The server may close the connection before its answer is read.
    assert!([RESOURCE, NETWORK].contains(&meaning(&error)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_a_script_is_busy() {
    let Some(redis) = Redis::start(&["--busy-reply-threshold 20"]) else { return };
    let mut connection = connect(&redis.url()).await.expect("a connection");
    let mut other = connect(&redis.url()).await.expect("a connection");
    let mut script = cmd("EVAL");
    script.arg("while true do end").arg(0);
    let error = script.query_async::<Value>(&mut connection).await.expect_err("it never ends");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(meaning(&error), TRANSIENT);
    let error = fails(&mut other, "GET key").await;
    assert_eq!((error.code(), meaning(&error)), (Some("BUSY"), TRANSIENT));
    run(&mut other, "SCRIPT KILL").await.expect("the script ends");
}

#[tokio::test]
async fn a_replica_and_a_lost_master_are_transient() {
    let Some(redis) = Redis::start(&[]) else { return };
    let mut connection = connect(&redis.url()).await.expect("a connection");
    run(&mut connection, &format!("REPLICAOF 127.0.0.1 {}", services::free_port())).await.expect("a replica");
    let error = fails(&mut connection, "SET key value").await;
    assert_eq!((error.code(), meaning(&error)), (Some("READONLY"), TRANSIENT));
    run(&mut connection, "CONFIG SET replica-serve-stale-data no").await.expect("a setting");
    let error = fails(&mut connection, "GET key").await;
    assert_eq!((error.code(), meaning(&error)), (Some("MASTERDOWN"), TRANSIENT));
}

#[tokio::test]
async fn a_cluster_in_change_is_transient() {
    let settings = ["--cluster-enabled yes", "--cluster-node-timeout 2000"];
    let (Some(one), Some(other)) = (Redis::start(&settings), Redis::start(&settings)) else { return };
    let mut first = connect(&one.url()).await.expect("a connection");
    let mut second = connect(&other.url()).await.expect("a connection");
    let error = fails(&mut first, "GET key").await;
    assert_eq!((error.code(), meaning(&error)), (Some("CLUSTERDOWN"), TRANSIENT));
    run(&mut first, "CLUSTER ADDSLOTSRANGE 0 16383").await.expect("all slots");
    run(&mut second, &format!("CLUSTER MEET 127.0.0.1 {}", one.port())).await.expect("a greeting");
    let started = Instant::now();
    let moved = loop {
        let error = fails(&mut second, "GET key").await;
        if error.code() == Some("MOVED") {
            break error;
        }
        assert_eq!((error.code(), meaning(&error)), (Some("CLUSTERDOWN"), TRANSIENT));
        assert!(started.elapsed() < Duration::from_secs(60), "{error:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(meaning(&moved), TRANSIENT);
    let error = fails(&mut first, "MGET a b").await;
    assert_eq!((error.code(), meaning(&error)), (Some("CROSSSLOT"), PERMANENT));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_loads_its_data_is_transient_and_a_retry_waits_for_it() {
    #[retry(max = 200, base_delay = "50ms", max_delay = "100ms")]
    async fn size(url: &str) -> Result<i64, RedisError> {
        cmd("DBSIZE").query_async(&mut connect(url).await?).await
    }

    let Some(mut redis) = Redis::start(&["--rdbcompression no"]) else { return };
    let mut connection = connect(&redis.url()).await.expect("a connection");
    let mut fill = cmd("EVAL");
    fill.arg("for i = 1, 1000 do redis.call('SET', i, string.rep('x', 1000)) end").arg(0);
    fill.query_async::<()>(&mut connection).await.expect("a thousand keys");
    run(&mut connection, "SAVE").await.expect("a file");
    redis.kill();
    // Three milliseconds for each key, and a look at the clients after each.
    redis.start_again(&["--key-load-delay 3000", "--loading-process-events-interval-bytes 1024"]);
    let mut connection = connect(&redis.url()).await.expect("a connection");
    let error = fails(&mut connection, "GET 1").await;
    assert_eq!((error.code(), meaning(&error)), (Some("LOADING"), TRANSIENT));
    assert_eq!(size(&redis.url()).await.expect("the data is there"), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_survives_a_restart() {
    #[retry(max = 100, base_delay = "50ms", max_delay = "200ms")]
    async fn ping(url: &str) -> Result<String, RedisError> {
        cmd("PING").query_async(&mut connect(url).await?).await
    }

    #[retry(max = 100, base_delay = "50ms", max_delay = "200ms")]
    async fn ping_managed(mut manager: ConnectionManager) -> Result<String, RedisError> {
        cmd("PING").query_async(&mut manager).await
    }

    let Some(mut redis) = Redis::start(&[]) else { return };
    let url = redis.url();
    let mut connection = connect(&url).await.expect("a connection");
    // The manager connects again after a failure, and this setting leaves the attempts to the retry.
    let config = ConnectionManagerConfig::new().set_number_of_retries(0);
    let client = Client::open(url.as_str()).expect("a URL");
    let manager = ConnectionManager::new_with_config(client, config).await.expect("a connection");

    redis.stop();
    let lost = fails(&mut connection, "PING").await;
    assert_eq!(meaning(&lost), NETWORK, "{lost:?}");
    let refused = connect(&url).await.expect_err("nobody listens");
    assert!(refused.is_connection_refusal(), "{refused:?}");
    assert_eq!(meaning(&refused), NETWORK);
    let anyhow = anyhow::Error::new(refused).context("asking");
    assert_eq!(classify_chain(anyhow.as_ref()).map(Classify::category), Some(NETWORK.0));

    let restart = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(300));
        redis.start_again(&[]);
        redis
    });
    let (one, managed) = tokio::join!(ping(&url), ping_managed(manager));
    assert_eq!(
        (one.expect("the server is back"), managed.expect("the server is back")),
        ("PONG".into(), "PONG".into())
    );
    restart.await.expect("it starts");
}

#[tokio::test]
async fn a_frozen_server_is_a_timeout() {
    let Some(redis) = Redis::start(&[]) else { return };
    let mut connection = connect(&redis.url()).await.expect("a connection");
    redis.freeze();
    let error = fails(&mut connection, "PING").await;
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(meaning(&error), TRANSIENT);
    redis.thaw();
    run(&mut connection, "PING").await.expect("an answer");
}
