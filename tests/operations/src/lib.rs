//! A real Prometheus for tests: it runs on a free port, in a folder of its own, and ends with its owner.
//!
//! If it is not installed, the test is skipped with a message. With `CI` set it fails.

mod picture;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use serde_json::Value;

pub use picture::{Chart, picture};

/// Returns the path of a program in the `PATH`.
///
/// # Panics
///
/// Panics with `CI` set if the program is missing.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        let advice = format!("`{name}` is not installed: `apt-get install prometheus`");
        assert!(env::var_os("CI").is_none(), "{advice}");
        eprintln!("skipped: {advice}");
    }
    found
}

/// Returns a port that nobody uses, for now.
///
/// # Panics
///
/// Panics if this machine has no port left.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// The folder `ops`.
pub fn ops() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ops")
}

/// A server that scrapes `target` each second, by the rules of `ops/alerts.yml`, in which minutes are seconds.
#[derive(Debug)]
pub struct Prometheus {
    server: Child,
    port: u16,
    folder: PathBuf,
}

impl Prometheus {
    /// Starts a server, and waits until it answers. Returns `None` if it is not installed.
    ///
    /// # Panics
    ///
    /// Panics if the server does not answer within half a minute.
    pub fn scrape(target: u16) -> Option<Self> {
        let prometheus = program("prometheus")?;
        let port = free_port();
        let folder = env::temp_dir().join(format!("resilience-prometheus-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("alerts.yml"), in_seconds(&read(&ops().join("alerts.yml")))).expect("the rules");
        let config = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [alerts.yml]\nscrape_configs:\n  - \
             job_name: shop\n    static_configs: [{{ targets: [\"127.0.0.1:{target}\"] }}]\n"
        );
        fs::write(folder.join("prometheus.yml"), config).expect("the configuration");
        let server = Command::new(prometheus)
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).expect("a log"))
            .spawn()
            .expect("it starts");
        let prometheus = Self { server, port, folder };
        let start = Instant::now();
        while prometheus.get("/-/ready").is_none_or(|(status, _)| status != 200) {
            assert!(start.elapsed() < Duration::from_secs(30), "{}", read(&prometheus.folder.join("log")));
            thread::sleep(Duration::from_millis(100));
        }
        Some(prometheus)
    }

    fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    fn ask(&self, path: &str) -> Value {
        let (status, body) = self.get(path).expect("an answer");
        assert_eq!(status, 200, "{path}: {body}");
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        answer["data"]["result"].clone()
    }

    /// The series that a query finds now: their labels and values.
    ///
    /// # Panics
    ///
    /// Panics if the query is wrong.
    pub fn query(&self, query: &str) -> Value {
        self.ask(&format!("/api/v1/query?query={}", encoded(query)))
    }

    /// The series that a query finds in the last seconds.
    ///
    /// # Panics
    ///
    /// Panics if the query is wrong.
    pub fn query_range(&self, query: &str, last: u64) -> Value {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
        let (start, query) = (now.saturating_sub(last), encoded(query));
        self.ask(&format!("/api/v1/query_range?query={query}&start={start}&end={now}&step=1"))
    }

    /// The alerts that fire: their names without the prefix, each with the function or name that it is about.
    pub fn firing(&self) -> Vec<String> {
        let firing = self.query("ALERTS{alertstate=\"firing\"}");
        let alert = |series: &Value| {
            let label = |name: &str| series["metric"][name].as_str().map(|text| text.replace("real::", ""));
            let about = label("function").or_else(|| label("name")).unwrap_or_default();
            format!("{} {about}", label("alertname").unwrap_or_default().trim_start_matches("Resilience"))
        };
        let mut alerts: Vec<String> = firing.as_array().into_iter().flatten().map(alert).collect();
        alerts.sort();
        alerts
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _killed = self.server.kill();
        let _ended = self.server.wait();
        let _removed = fs::remove_dir_all(&self.folder);
    }
}

/// Returns the text of a file.
///
/// # Panics
///
/// Panics if there is none.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Rates over ten seconds, alerts after three.
fn in_seconds(rules: &str) -> String {
    let mut text = String::new();
    for line in rules.lines() {
        let is_duration = line.trim_start().starts_with("for: ");
        let mut line = if is_duration {
            line[..line.len() - line.trim_start().len()].to_owned() + "for: 3s"
        } else {
            line.to_owned()
        };
        for minutes in ["[1m]", "[5m]", "[10m]"] {
            line = line.replace(minutes, "[10s]");
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn encoded(query: &str) -> String {
    query
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
