use std::time::Duration;

use resilience::{Classify, classify_chain, retry, timeout};
use services::Postgres;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, Row};

use crate::{CRITICAL, NETWORK, PERMANENT, RESOURCE, TRANSIENT, meaning, shared_postgres};

async fn connect(postgres: &Postgres) -> PgConnection {
    PgConnection::connect(&postgres.url()).await.expect("a connection")
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

#[tokio::test]
async fn answers_of_the_server() {
    let Some(postgres) = shared_postgres() else { return };
    let mut connection = connect(postgres).await;
    connection.execute("CREATE TEMP TABLE numbers (number int PRIMARY KEY)").await.expect("a table");
    connection.execute("INSERT INTO numbers VALUES (1)").await.expect("a row");
    for (query, expected, expected_meaning) in [
        ("INSERT INTO numbers VALUES (1)", "23505", PERMANENT),
        ("INSERT INTO numbers VALUES (NULL)", "23502", PERMANENT),
        ("SELECT * FROM nothing", "42P01", PERMANENT),
        ("SELEC 1", "42601", PERMANENT),
        ("SELECT 1 / 0", "22012", PERMANENT),
        ("SET statement_timeout = '50ms'; SELECT pg_sleep(30)", "57014", TRANSIENT),
        ("BEGIN READ ONLY; CREATE TABLE later (number int)", "25006", TRANSIENT),
    ] {
        let error = connection.execute(query).await.expect_err(query);
        assert_eq!((code(&error).as_deref(), meaning(&error)), (Some(expected), expected_meaning), "{query}: {error}");
        connection.execute("ROLLBACK").await.expect("the end");
    }
    connection.execute("BEGIN").await.expect("a transaction");
    connection.execute("SELECT 1 / 0").await.expect_err("an error");
    let error = connection.execute("SELECT 1").await.expect_err("the transaction is over");
    assert_eq!((code(&error).as_deref(), meaning(&error)), (Some("25P02"), PERMANENT), "a part is not repeated");
    connection.execute("ROLLBACK").await.expect("the end");

    let none = sqlx::query("SELECT 1 WHERE false").fetch_one(&mut connection).await.expect_err("no row");
    assert_eq!(meaning(&none), PERMANENT, "{none}");
    let row = sqlx::query("SELECT 'text'").fetch_one(&mut connection).await.expect("a row");
    let decode = row.try_get::<i32, _>(0).expect_err("no number");
    assert_eq!(meaning(&decode), PERMANENT, "{decode}");
    let column = row.try_get::<String, _>("missing").expect_err("no column");
    assert_eq!(meaning(&column), PERMANENT, "{column}");
}

#[tokio::test]
async fn a_wrong_password_is_critical() {
    let Some(postgres) = shared_postgres() else { return };
    let error = PgConnection::connect(&postgres.url_with("wrong")).await.expect_err("a wrong password");
    assert_eq!((code(&error).as_deref(), meaning(&error)), (Some("28P01"), CRITICAL));
    let elsewhere = format!("{}_that_is_missing", postgres.url());
    let error = PgConnection::connect(&elsewhere).await.expect_err("no database");
    assert_eq!((code(&error).as_deref(), meaning(&error)), (Some("3D000"), PERMANENT), "{elsewhere}");
    let error = PgConnection::connect("postgres://host:port").await.expect_err("no URL");
    assert_eq!(meaning(&error), PERMANENT, "{error}");
}

#[tokio::test]
async fn too_many_connections_are_a_resource() {
    let settings = ["max_connections=3", "superuser_reserved_connections=0", "max_wal_senders=0"];
    let Some(postgres) = Postgres::start(&settings) else { return };
    let mut open = Vec::new();
    let error = loop {
        match PgConnection::connect(&postgres.url()).await {
            Ok(connection) => open.push(connection),
            Err(error) => break error,
        }
        assert!(open.len() <= 3);
    };
    assert_eq!((code(&error).as_deref(), meaning(&error)), (Some("53300"), RESOURCE));
}

#[tokio::test]
async fn a_connection_that_the_server_ends_is_a_network_error() {
    let Some(postgres) = shared_postgres() else { return };
    let (mut victim, mut other) = (connect(postgres).await, connect(postgres).await);
    let id: i32 = sqlx::query("SELECT pg_backend_pid()").fetch_one(&mut victim).await.expect("a number").get(0);
    let end = sqlx::query("SELECT pg_terminate_backend($1)").bind(id);
    end.execute(&mut other).await.expect("a superuser");
    let error = victim.execute("SELECT 1").await.expect_err("the connection has ended");
    assert_eq!(meaning(&error), NETWORK, "{error}");
    let error = victim.execute("SELECT 1").await.expect_err("the connection has ended");
    assert_eq!(meaning(&error), NETWORK, "{error}");
}

#[tokio::test]
async fn collisions_of_transactions_are_transient() {
    let Some(postgres) = shared_postgres() else { return };
    let (mut one, mut other) = (connect(postgres).await, connect(postgres).await);
    let table = crate::unique(concat!(module_path!(), "_collisions")).replace("::", "_");
    let create = format!("CREATE TABLE {table} (id int PRIMARY KEY, value int)");
    run(&mut one, &create).await.expect("a table");
    run(&mut one, &format!("INSERT INTO {table} VALUES (1, 0), (2, 0)")).await.expect("two rows");
    let update = |id: i32| format!("UPDATE {table} SET value = value + 1 WHERE id = {id}");

    // Two transactions read one row and change it.
    for connection in [&mut one, &mut other] {
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.expect("a transaction");
        run(connection, &format!("SELECT * FROM {table}")).await.expect("two rows");
    }
    run(&mut one, &update(1)).await.expect("the first");
    one.execute("COMMIT").await.expect("the first");
    let error = run(&mut other, &update(1)).await.expect_err("the row has changed");
    assert_eq!((code(&error).as_deref(), meaning(&error)), (Some("40001"), TRANSIENT));
    other.execute("ROLLBACK").await.expect("the end");

    // Each holds the lock that the other waits for.
    for (connection, id) in [(&mut one, 1), (&mut other, 2)] {
        connection.execute("BEGIN").await.expect("a transaction");
        run(connection, &update(id)).await.expect("a lock");
    }
    let (update_two, update_one) = (update(2), update(1));
    let (first, second) = tokio::join!(
        async {
            let done = run(&mut one, &update_two).await;
            one.execute("ROLLBACK").await.expect("the end");
            done
        },
        async {
            let done = run(&mut other, &update_one).await;
            other.execute("ROLLBACK").await.expect("the end");
            done
        }
    );
    let error = first.err().or(second.err()).expect("one of them is the victim");
    assert_eq!((code(&error).as_deref(), meaning(&error)), (Some("40P01"), TRANSIENT));

    one.execute("BEGIN").await.expect("a transaction");
    run(&mut one, &update(1)).await.expect("a lock");
    let error = run(&mut other, &format!("SELECT * FROM {table} FOR UPDATE NOWAIT")).await.expect_err("locked");
    assert_eq!((code(&error).as_deref(), meaning(&error)), (Some("55P03"), TRANSIENT));
}

/// `execute` of sqlx 0.9 takes no text that was put together, without being told that it is safe.
async fn run(connection: &mut PgConnection, query: &str) -> Result<(), sqlx::Error> {
    let query: &'static str = Box::leak(query.to_owned().into_boxed_str());
    connection.execute(query).await.map(drop)
}

#[tokio::test]
async fn an_empty_pool_is_a_resource_and_a_closed_one_is_permanent() {
    let Some(postgres) = shared_postgres() else { return };
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(500));
    let pool = pool.connect_lazy(&postgres.url()).expect("a URL");
    let held = pool.acquire().await.expect("the only connection");
    let error = pool.acquire().await.expect_err("none is left");
    assert_eq!(meaning(&error), RESOURCE, "{error}");
    drop(held);
    pool.close().await;
    let error = pool.acquire().await.expect_err("the pool is closed");
    assert_eq!(meaning(&error), PERMANENT, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_survives_a_restart_and_a_crash() {
    #[retry(max = 100, base_delay = "50ms", max_delay = "200ms")]
    async fn count(pool: &PgPool) -> Result<i64, sqlx::Error> {
        Ok(sqlx::query("SELECT count(*) FROM kept").fetch_one(pool).await?.get(0))
    }

    let Some(mut postgres) = Postgres::start(&[]) else { return };
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(1)).connect_lazy(&postgres.url());
    let pool = pool.expect("a URL");
    sqlx::query("CREATE TABLE kept AS SELECT generate_series(1, 3)").execute(&pool).await.expect("a table");
    let mut connection = connect(&postgres).await;

    postgres.stop();
    let lost = connection.execute("SELECT 1").await.expect_err("the server is gone");
    assert_eq!(meaning(&lost), NETWORK, "{lost}");
    let refused = PgConnection::connect(&postgres.url()).await.expect_err("nobody listens");
    assert_eq!(meaning(&refused), NETWORK, "{refused}");
    let anyhow = anyhow::Error::new(refused).context("counting");
    assert_eq!(classify_chain(anyhow.as_ref()).map(Classify::category), Some(NETWORK.0));

    let restart = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(300));
        postgres.start_again();
        postgres
    });
    assert_eq!(count(&pool).await.expect("the server is back"), 3);
    let mut postgres = restart.await.expect("it starts");

    postgres.kill();
    let restart = tokio::task::spawn_blocking(move || {
        postgres.start_again();
        postgres
    });
    assert_eq!(count(&pool).await.expect("the server is back"), 3);
    restart.await.expect("it starts");
}

#[tokio::test]
async fn a_frozen_server_needs_a_timeout() {
    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error(transparent)]
        Database(#[from] sqlx::Error),
        #[error(transparent)]
        Resilience(#[from] resilience::Error),
    }

    #[timeout(ms = 300)]
    async fn ask(connection: &mut PgConnection) -> Result<(), Failure> {
        connection.execute("SELECT 1").await?;
        Ok(())
    }

    let Some(postgres) = Postgres::start(&[]) else { return };
    let mut connection = connect(&postgres).await;
    postgres.freeze();
    let error = ask(&mut connection).await.expect_err("no answer");
    assert!(matches!(error, Failure::Resilience(resilience::Error::Timeout { .. })), "{error}");
    postgres.thaw();
    connect(&postgres).await.execute("SELECT 1").await.expect("an answer");
}
