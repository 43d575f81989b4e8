use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::daemon::{Daemon, Folder};
use super::{PORTS, free_port, program, tail};

const PASSWORD: &str = "secret";

/// A PostgreSQL server with an empty cluster, on `127.0.0.1`.
#[derive(Debug)]
pub struct Postgres {
    // Dropped before its folder.
    daemon: Option<Daemon>,
    port: u16,
    programs: PathBuf,
    settings: Vec<String>,
    folder: Folder,
}

impl Postgres {
    /// Starts a server, unless PostgreSQL is not installed. `settings` are those of
    /// `postgresql.conf`, such as `max_connections=5`.
    ///
    /// # Panics
    ///
    /// Panics if the server does not start.
    pub fn start(settings: &[&str]) -> Option<Self> {
        let postgres = program("postgres", &folders(), "postgresql")?;
        let folder = Folder::new("postgres");
        let settings = settings.iter().map(ToString::to_string).collect();
        let programs = postgres.parent()?.to_owned();
        let mut server = Self { daemon: None, port: 0, programs, settings, folder };
        server.initialize();
        for _ in 0..PORTS {
            server.port = free_port();
            if server.try_start() {
                return Some(server);
            }
        }
        panic!("PostgreSQL does not start:\n{}", tail(&server.log()));
    }

    /// Returns the address of the server.
    pub fn url(&self) -> String {
        self.url_with(PASSWORD)
    }

    /// Returns the address with another password.
    pub fn url_with(&self, password: &str) -> String {
        format!("postgres://postgres:{password}@127.0.0.1:{}/postgres", self.port)
    }

    /// Returns the port, which stays the same when the server is started again.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the number of its process, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.daemon.as_ref().map(Daemon::id)
    }

    /// Stops the server as an administrator does, which ends every connection.
    pub fn stop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.end("INT");
        }
    }

    /// Ends the server at once, as a crash of the machine does.
    pub fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.end("QUIT");
        }
    }

    /// Starts the server again, with the same port and data.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    pub fn start_again(&mut self) {
        assert!(self.try_start(), "PostgreSQL does not start again:\n{}", tail(&self.log()));
    }

    /// Stops all of its processes in the middle of whatever they do. Connections stay open.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets the processes go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        if let Some(daemon) = &self.daemon {
            daemon.signal_all(signal);
        }
    }

    fn try_start(&mut self) -> bool {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]).arg("-k").arg(self.folder.path());
        let defaults =
            ["listen_addresses=127.0.0.1", "fsync=off", "dynamic_shared_memory_type=mmap", "shared_buffers=16MB"];
        for setting in defaults.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        let mut daemon = Daemon::start(&mut command, &self.folder, &self.log(), "QUIT");
        let is_ready = daemon.wait_until(|| {
            let mut ready = self.command("pg_isready");
            ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            ready.status().is_ok_and(|status| status.success())
        });
        self.daemon = is_ready.then_some(daemon);
        is_ready
    }

    fn initialize(&self) {
        let password = self.folder.path().join("password");
        fs::write(&password, PASSWORD).expect("a file");
        if let Some((user, group)) = other_user() {
            for path in [self.folder.path(), &password] {
                chown(path, Some(user), Some(group)).expect("root may give a file away");
            }
        }
        let mut command = self.command("initdb");
        command.arg("-D").arg(self.data()).arg("--pwfile").arg(&password);
        command.args(["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync", "--username=postgres"]);
        let output = command.output().expect("initdb runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// PostgreSQL does not run as root.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some((user, group)) = other_user() {
            command.uid(user).gid(group);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// Debian installs each version in a folder of its own, outside of the `PATH`.
fn folders() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders
}

/// The user and group of `postgres`, or of nobody, if this process is root's.
fn other_user() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    is_root.then(|| {
        let users = fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
        let fields = users.lines().find_map(|line| line.strip_prefix("postgres:"));
        let mut numbers = fields.unwrap_or("").split(':').skip(1).map_while(|field| field.parse().ok());
        (numbers.next().unwrap_or(65534), numbers.next().unwrap_or(65534))
    })
}
