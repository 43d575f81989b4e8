use std::time::Duration;

use resilience::{Classify, classify_chain, retry};
use services::Postgres;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_postgres::{Client, Error, NoTls};

use crate::{CRITICAL, NETWORK, PERMANENT, RESOURCE, TRANSIENT, meaning, shared_postgres, unique};

async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn code(error: &Error) -> Option<&str> {
    Some(error.code()?.code())
}

#[tokio::test]
async fn answers_of_the_server() {
    let Some(postgres) = shared_postgres() else { return };
    let client = connect(&postgres.url()).await.expect("a connection");
    client.batch_execute("CREATE TEMP TABLE numbers (number int PRIMARY KEY)").await.expect("a table");
    client.batch_execute("INSERT INTO numbers VALUES (1)").await.expect("a row");
    for (query, expected, expected_meaning) in [
        ("INSERT INTO numbers VALUES (1)", "23505", PERMANENT),
        ("SELECT * FROM nothing", "42P01", PERMANENT),
        ("SET statement_timeout = '50ms'; SELECT pg_sleep(30)", "57014", TRANSIENT),
        ("BEGIN READ ONLY; CREATE TABLE later (number int)", "25006", TRANSIENT),
    ] {
        let error = client.batch_execute(query).await.expect_err(query);
        assert_eq!((code(&error), meaning(&error)), (Some(expected), expected_meaning), "{query}: {error}");
        client.batch_execute("ROLLBACK").await.expect("the end");
    }
}

#[tokio::test]
async fn errors_of_the_client_are_permanent() {
    let Some(postgres) = shared_postgres() else { return };
    let client = connect(&postgres.url()).await.expect("a connection");
    let none = client.query_one("SELECT 1 WHERE false", &[]).await.expect_err("no row");
    let parameter = client.query_one("SELECT $1::int", &[&"text"]).await.expect_err("no number");
    let row = client.query_one("SELECT 'text'", &[]).await.expect("a row");
    let decode = row.try_get::<_, i32>(0).expect_err("no number");
    let column = row.try_get::<_, String>("missing").expect_err("no column");
    let password = connect(&postgres.url().replace(":secret", "")).await.expect_err("no password");
    for error in [none, parameter, decode, column, password] {
        assert_eq!((code(&error), meaning(&error)), (None, PERMANENT), "{error:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_critical() {
    let Some(postgres) = shared_postgres() else { return };
    let error = connect(&postgres.url_with("wrong")).await.expect_err("a wrong password");
    assert_eq!((code(&error), meaning(&error)), (Some("28P01"), CRITICAL));
}

#[tokio::test]
async fn too_many_connections_are_a_resource() {
    let settings = ["max_connections=2", "superuser_reserved_connections=0", "max_wal_senders=0"];
    let Some(postgres) = Postgres::start(&settings) else { return };
    let mut open = Vec::new();
    let error = loop {
        match connect(&postgres.url()).await {
            Ok(client) => open.push(client),
            Err(error) => break error,
        }
        assert!(open.len() <= 2);
    };
    assert_eq!((code(&error), meaning(&error)), (Some("53300"), RESOURCE));
}

#[tokio::test]
async fn a_connection_that_ends_is_a_network_error() {
    let Some(postgres) = shared_postgres() else { return };
    let victim = connect(&postgres.url()).await.expect("a connection");
    let id: i32 = victim.query_one("SELECT pg_backend_pid()", &[]).await.expect("a number").get(0);
    let other = connect(&postgres.url()).await.expect("a connection");
    let waiting = victim.batch_execute("SELECT pg_sleep(30)");
    let end = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        other.execute("SELECT pg_terminate_backend($1)", &[&id]).await.expect("a superuser");
    };
    let (ended, ()) = tokio::join!(waiting, end);
    let error = ended.expect_err("the connection has ended");
    assert_eq!((code(&error), meaning(&error)), (Some("57P01"), NETWORK));
    let error = victim.batch_execute("SELECT 1").await.expect_err("the connection has ended");
    assert!(error.is_closed(), "{error:?}");
    assert_eq!(meaning(&error), NETWORK);
}

#[tokio::test]
async fn collisions_of_transactions_are_transient() {
    let Some(postgres) = shared_postgres() else { return };
    let one = connect(&postgres.url()).await.expect("a connection");
    let other = connect(&postgres.url()).await.expect("a connection");
    let table = unique("collisions");
    one.batch_execute(&format!("CREATE TABLE {table} AS SELECT 1 AS value")).await.expect("a table");
    for client in [&one, &other] {
        let begin = format!("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM {table}");
        client.batch_execute(&begin).await.expect("a transaction");
    }
    for (client, value) in [(&one, 2), (&other, 3)] {
        client.batch_execute(&format!("INSERT INTO {table} VALUES ({value})")).await.expect("a row");
    }
    one.batch_execute("COMMIT").await.expect("the first");
    let error = other.batch_execute("COMMIT").await.expect_err("the second depends on what it has read");
    assert_eq!((code(&error), meaning(&error)), (Some("40001"), TRANSIENT));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_survives_a_restart_on_a_connection_of_each_attempt() {
    #[retry(max = 100, base_delay = "50ms", max_delay = "200ms")]
    async fn ask(url: &str) -> Result<i32, Error> {
        Ok(connect(url).await?.query_one("SELECT 7", &[]).await?.get(0))
    }

    let Some(mut postgres) = Postgres::start(&[]) else { return };
    let url = postgres.url();
    postgres.stop();
    let refused = connect(&url).await.expect_err("nobody listens");
    assert_eq!(meaning(&refused), NETWORK, "{refused:?}");
    let erased: Box<dyn std::error::Error> = Box::new(refused);
    assert_eq!(classify_chain(&*erased).map(Classify::category), Some(NETWORK.0));

    let restart = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(300));
        postgres.start_again();
        postgres
    });
    assert_eq!(ask(&url).await.expect("the server is back"), 7);
    restart.await.expect("it starts");
}

/// Answers the first message with these bytes, and returns the error that the client makes of it.
async fn answered_with(answer: &'static [u8]) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("postgres://postgres:secret@{}/postgres", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let _read = stream.read(&mut [0; 1024]).await;
        let _written = stream.write_all(answer).await;
        let _closed = stream.shutdown().await;
    });
    connect(&url).await.expect_err("no server")
}

#[tokio::test]
async fn kinds_that_only_the_message_tells() {
    let unknown_mechanism = answered_with(b"R\0\0\0\x0d\0\0\0\x0aFOO\0\0").await;
    assert_eq!(
        (unknown_mechanism.to_string().as_str(), meaning(&unknown_mechanism)),
        ("authentication error", CRITICAL)
    );
    let out_of_step = answered_with(b"Z\0\0\0\x05I").await;
    let message = "unexpected message from server";
    assert_eq!((out_of_step.to_string().as_str(), meaning(&out_of_step)), (message, TRANSIENT));
    let elsewhere = answered_with(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_ne!(meaning(&elsewhere), CRITICAL, "{elsewhere:?}");
}
