//! A process that ends with its owner, in whatever way the owner ends.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, process};

/// How long a process may take to end by itself, or to become ready on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(20);

/// Waits until the test process is gone, which closes its end of the pipe, and ends the daemon.
const WATCHER: &str = r#"
cat >/dev/null
children=$(cat "/proc/$1/task/$1/children" 2>/dev/null)
kill -CONT $1 $children 2>/dev/null
kill -"$2" "$1" 2>/dev/null
sleep 1
kill -KILL -- -"$1" $children 2>/dev/null
rm -rf "$3"
"#;

/// A temporary folder, which is removed when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Creates a folder with a name of its own.
    ///
    /// # Panics
    ///
    /// Panics if it cannot be created.
    pub fn new(purpose: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("resilience-{purpose}-{}-{number}", process::id()));
        fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path)
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = fs::remove_dir_all(&self.0);
    }
}

/// A running process and its children. It is stopped when dropped, and when the test process ends.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    watcher: Child,
    stop: &'static str,
}

impl Daemon {
    /// Starts a command, whose output goes to `log`. The signal `stop`, such as `TERM`, ends it.
    ///
    /// # Panics
    ///
    /// Panics if the command cannot be started.
    pub fn start(command: &mut Command, folder: &Folder, log: &Path, stop: &'static str) -> Self {
        use std::os::unix::process::CommandExt;
        let output = File::create(log).expect("a log");
        let errors = output.try_clone().expect("a second handle");
        // A group of its own, which Ctrl-C in the terminal does not reach.
        let child = command.process_group(0).stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut watcher = Command::new("sh");
        watcher.args(["-c", WATCHER, "watcher", &child.id().to_string(), stop]).arg(folder.path());
        watcher.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { child, watcher: watcher.spawn().expect("a shell"), stop }
    }

    /// Returns the number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns whether the process still runs.
    ///
    /// # Panics
    ///
    /// Panics if the system does not say.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("the state of a child").is_none()
    }

    /// Waits until `is_ready`, and returns `false` if the process ended before.
    ///
    /// # Panics
    ///
    /// Panics after a minute.
    pub fn wait_until(&mut self, mut is_ready: impl FnMut() -> bool) -> bool {
        let started = Instant::now();
        while !is_ready() {
            if !self.runs() {
                return false;
            }
            assert!(started.elapsed() < PATIENCE, "not ready after {PATIENCE:?}");
            sleep(STEP);
        }
        true
    }

    /// Sends a signal to the process and its children.
    pub fn signal_all(&self, signal: &str) {
        let id = self.id();
        send(signal, children(id).into_iter().chain([id]));
    }

    /// Sends a signal to the process, and waits until it has ended.
    ///
    /// # Panics
    ///
    /// Panics if the process cannot be killed.
    pub fn end(&mut self, signal: &str) {
        if self.runs() {
            self.signal_all("CONT");
            send(signal, [self.id()]);
            let started = Instant::now();
            while self.runs() && started.elapsed() < GRACE {
                sleep(STEP);
            }
        }
        if self.runs() {
            self.signal_all("KILL");
        }
        self.child.wait().expect("a child that was killed");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.end(self.stop);
        // Its work is done. What it would remove belongs to the folder's owner.
        let _killed = self.watcher.kill();
        let _ended = self.watcher.wait();
    }
}

/// The shell has `kill` on every system, and needs no unsafe code.
fn send(signal: &str, processes: impl IntoIterator<Item = u32>) {
    let processes = processes.into_iter().map(|id| id.to_string());
    let script = format!("kill -{signal} {}", processes.collect::<Vec<_>>().join(" "));
    let _status = Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status();
}

fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(|&id| parent_of(id) == Some(parent)).collect()
}

/// The fourth field, after the name in parentheses, which may contain anything.
fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
