//! The address of the engine, and how connections to it are opened and checked.

use std::time::Duration;

#[cfg(feature = "tls")]
use redis::ConnectionAddr;
#[cfg(feature = "cluster")]
use redis::aio::ConnectionLike;
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, IntoConnectionInfo, Pipeline, ProtocolVersion, RedisResult,
    Value,
};

use crate::connect_error::{ConnectError, is_forbidden};

const OLDEST: (u32, u32) = (6, 2);

const SUBSCRIBE: &str = "subscribe to the messages of the namespace (`SUBSCRIBE` and `PING`)";

/// Contains credentials, and is never printed.
pub struct Endpoint {
    target: Target,
    timeout: Duration,
}

enum Target {
    Single(Box<ConnectionInfo>),
    #[cfg(feature = "cluster")]
    Cluster(Vec<ConnectionInfo>),
}

#[derive(Clone)]
pub enum Connection {
    Single(MultiplexedConnection),
    #[cfg(feature = "cluster")]
    Cluster(redis::cluster_async::ClusterConnection),
}

pub struct Session {
    pub requests: Connection,
    pub notices: PubSub,
}

impl Endpoint {
    pub fn single(url: &str, timeout: Duration) -> Result<Self, ConnectError> {
        Ok(Self { target: Target::Single(Box::new(info(url)?)), timeout })
    }

    #[cfg(feature = "cluster")]
    pub fn cluster(urls: &[&str], timeout: Duration) -> Result<Self, ConnectError> {
        let infos: Vec<_> = urls.iter().map(|url| info(url)).collect::<Result<_, _>>()?;
        if infos.is_empty() {
            return Err(ConnectError::InvalidUrl { reason: "there is none" });
        }
        Ok(Self { target: Target::Cluster(infos), timeout })
    }

    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    pub async fn open(&self, channel: &str) -> Result<Session, ConnectError> {
        let opened = tokio::time::timeout(self.timeout, self.open_in_time(channel)).await;
        opened.unwrap_or(Err(ConnectError::TimedOut { limit: self.timeout }))
    }

    async fn open_in_time(&self, channel: &str) -> Result<Session, ConnectError> {
        let requests = match &self.target {
            Target::Single(info) => {
                let config =
                    AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(Some(self.timeout));
                let client = Client::open(ConnectionInfo::clone(info)).map_err(|error| ConnectError::of(&error))?;
                let opened = client.get_multiplexed_async_connection_with_config(&config).await;
                Connection::Single(opened.map_err(|error| ConnectError::of(&error))?)
            }
            #[cfg(feature = "cluster")]
            Target::Cluster(infos) => {
                // A command is redirected at most once, if a key has moved.
                let client = redis::cluster::ClusterClient::builder(infos.clone())
                    .retries(1)
                    .connection_timeout(self.timeout)
                    .response_timeout(self.timeout)
                    .build()
                    .map_err(|error| ConnectError::of(&error))?;
                let opened = client.get_async_connection().await;
                Connection::Cluster(opened.map_err(|error| ConnectError::of(&error))?)
            }
        };
        requests.verify().await?;
        Ok(Session { requests, notices: self.subscribe(channel).await? })
    }

    /// Every node of a cluster passes messages on, so any of them will do.
    async fn subscribe(&self, channel: &str) -> Result<PubSub, ConnectError> {
        let nodes = match &self.target {
            Target::Single(info) => std::slice::from_ref(&**info),
            #[cfg(feature = "cluster")]
            Target::Cluster(infos) => infos,
        };
        let mut problem = ConnectError::Unreachable { problem: "no node".to_owned() };
        for info in nodes {
            let subscribed = async {
                let mut notices = Client::open(info.clone())?.get_async_pubsub().await?;
                notices.subscribe(channel).await?;
                // The client returns a rejection as an answer. The answer to a subscription is a list.
                let is_subscribed = matches!(notices.ping::<Value>().await, Ok(Value::Array(_)));
                Ok((notices, is_subscribed))
            };
            match subscribed.await {
                Ok((notices, true)) => return Ok(notices),
                Ok((_, false)) => problem = ConnectError::NoPermission { task: SUBSCRIBE },
                Err(error) => problem = ConnectError::of(&error),
            }
        }
        Err(problem)
    }
}

fn info(url: &str) -> Result<ConnectionInfo, ConnectError> {
    let parsed = redis::parse_redis_url(url);
    let scheme = parsed.as_ref().map(|url| url.scheme().to_owned()).unwrap_or_default();
    if cfg!(not(feature = "tls")) && matches!(scheme.as_str(), "rediss" | "valkeys") {
        return Err(ConnectError::TlsDisabled);
    }
    let reason = if parsed.is_some() {
        "its host, database or options"
    } else {
        "it does not begin with `redis://`, or its host or port cannot be read"
    };
    let info = url.into_connection_info().map_err(|_| ConnectError::InvalidUrl { reason })?;
    #[cfg(feature = "tls")]
    if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) && rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only if the program has installed a provider in the meantime.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
    }
    let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP2);
    let tcp = info.tcp_settings().clone().set_nodelay(true);
    Ok(info.set_redis_settings(redis).set_tcp_settings(tcp))
}

impl Connection {
    pub const fn is_cluster(&self) -> bool {
        !matches!(self, Self::Single(_))
    }

    /// Converts an answer that is an error.
    pub async fn run(&mut self, command: &Cmd) -> RedisResult<Value> {
        let answer = match self {
            Self::Single(connection) => connection.send_packed_command(command).await,
            #[cfg(feature = "cluster")]
            Self::Cluster(connection) => connection.req_packed_command(command).await,
        };
        answer.and_then(Value::extract_error)
    }

    /// Sends commands at once. Each answer may be an error. `None` if they may belong to several nodes.
    pub async fn run_all(&mut self, commands: &Pipeline) -> Option<RedisResult<Vec<Value>>> {
        match self {
            Self::Single(connection) => {
                let count = commands.len();
                Some(connection.send_packed_commands(commands, 0, count).await)
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(_) => None,
        }
    }

    /// Checks that the engine is new enough and accepts writes. This needs no permission.
    pub async fn verify(&self) -> Result<(), ConnectError> {
        let mut connection = self.clone();
        let hello = match connection.run(&redis::cmd("HELLO")).await {
            Ok(hello) => hello,
            // Unknown to engines before 6.0.
            Err(error) if error.code() == Some("ERR") => {
                return Err(ConnectError::TooOld { version: "5 or older".to_owned() });
            }
            Err(error) => return Err(ConnectError::of(&error)),
        };
        let fields = Fields::of(&hello);
        let version = fields.get("version").unwrap_or_default();
        if numbers_of(&version).is_none_or(|version| version < OLDEST) {
            return Err(ConnectError::TooOld { version });
        }
        match (fields.get("mode").as_deref(), self) {
            (Some("cluster"), Self::Single(_)) => return Err(ConnectError::Cluster),
            (Some("sentinel"), _) => return Err(ConnectError::Unusable { problem: "it is a sentinel".to_owned() }),
            _ => {}
        }
        if let (Some("slave" | "replica"), Self::Single(_)) = (fields.get("role").as_deref(), self) {
            return Err(ConnectError::ReadOnly);
        }
        // It also answers while it loads its data.
        match connection.run(&redis::cmd("PING")).await {
            Err(error) if !is_forbidden(&error) => Err(ConnectError::of(&error)),
            _ => Ok(()),
        }
    }
}

struct Fields(Vec<(String, String)>);

impl Fields {
    fn of(answer: &Value) -> Self {
        let text = |value: &Value| match value {
            Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Value::SimpleString(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            _ => String::new(),
        };
        Self(match answer {
            Value::Array(values) => values.chunks_exact(2).map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
            Value::Map(pairs) => pairs.iter().map(|(name, value)| (text(name), text(value))).collect(),
            _ => Vec::new(),
        })
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    }
}

fn numbers_of(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_wrong_is_refused_without_being_shown() {
        for url in ["", "127.0.0.1", "http://canary", "redis://:canary@host/canary", "redis://:a/b@c"] {
            let problem = info(url).expect_err(url);
            assert!(matches!(problem, ConnectError::InvalidUrl { .. }), "{url}: {problem}");
            assert!(!format!("{problem} {problem:?}").contains("canary"));
        }
        #[cfg(not(feature = "tls"))]
        assert_eq!(info("rediss://:canary@host").expect_err("TLS"), ConnectError::TlsDisabled);
        #[cfg(feature = "tls")]
        assert!(info("rediss://:canary@host").is_ok());
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(numbers_of("7.0.15"), Some((7, 0)));
        assert!(numbers_of("6.0.20") < Some(OLDEST) && numbers_of("10.1") > Some(OLDEST));
        assert_eq!(numbers_of("unknown"), None);
    }
}
