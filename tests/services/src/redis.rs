use std::env;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::daemon::{Daemon, Folder};
use super::{PORTS, free_port, program, tail};

/// A Redis server without data, on `127.0.0.1`. It stores nothing, unless its settings say so.
#[derive(Debug)]
pub struct Redis {
    // Dropped before its folder.
    daemon: Option<Daemon>,
    port: u16,
    program: PathBuf,
    settings: Vec<String>,
    folder: Folder,
}

impl Redis {
    /// Starts a server, unless Redis is not installed. `settings` are arguments of `redis-server`,
    /// such as `--maxmemory 1mb`.
    ///
    /// # Panics
    ///
    /// Panics if the server does not start.
    pub fn start(settings: &[&str]) -> Option<Self> {
        Self::start_in(program("redis-server", &[], "redis-server")?, settings)
    }

    /// Starts Valkey, which has the same settings. Where it is not installed, the test is skipped, also
    /// with `CI` set: not every system has it.
    ///
    /// # Panics
    ///
    /// Panics if the server does not start.
    pub fn start_valkey(settings: &[&str]) -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let found = env::split_paths(&path).map(|folder| folder.join("valkey-server")).find(|path| path.is_file());
        if found.is_none() {
            eprintln!("skipped: `valkey-server` is not installed");
        }
        Self::start_in(found?, settings)
    }

    fn start_in(program: PathBuf, settings: &[&str]) -> Option<Self> {
        let folder = Folder::new("redis");
        let settings = settings.iter().flat_map(|setting| setting.split(' ')).map(str::to_owned).collect();
        let mut server = Self { daemon: None, port: 0, program, settings, folder };
        for _ in 0..PORTS {
            server.port = free_port();
            if server.try_start(&[]) {
                return Some(server);
            }
        }
        panic!("Redis does not start:\n{}", tail(&server.log()));
    }

    /// Returns the address of the server.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Returns the port, which stays the same when the server is started again.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the number of its process, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.daemon.as_ref().map(Daemon::id)
    }

    /// Stops the server as an administrator does.
    pub fn stop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.end("TERM");
        }
    }

    /// Ends the server at once, as a crash of the machine does.
    pub fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.end("KILL");
        }
    }

    /// Starts the server again, with the same port and data, and with more settings. It may still
    /// be loading its data.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    pub fn start_again(&mut self, more: &[&str]) {
        assert!(self.try_start(more), "Redis does not start again:\n{}", tail(&self.log()));
    }

    /// Stops the process in the middle of whatever it does. Connections stay open.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets the process go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        if let Some(daemon) = &self.daemon {
            daemon.signal_all(signal);
        }
    }

    fn try_start(&mut self, more: &[&str]) -> bool {
        let mut command = Command::new(&self.program);
        let port = self.port;
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]);
        command.arg(self.folder.path()).args(&self.settings).args(more.iter().flat_map(|setting| setting.split(' ')));
        let mut daemon = Daemon::start(&mut command, &self.folder, &self.log(), "TERM");
        let is_ready = daemon.wait_until(|| answers(port));
        self.daemon = is_ready.then_some(daemon);
        is_ready
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// Any answer will do, also that the server loads its data or wants a password.
fn answers(port: u16) -> bool {
    let ping = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut first = [0];
        stream.read_exact(&mut first)?;
        Ok(matches!(&first, b"+" | b"-"))
    };
    ping().unwrap_or(false)
}
