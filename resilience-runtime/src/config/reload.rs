use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::error::{ConfigError, ConfigProblem};
use super::{load_changes, load_text};
use crate::emit::emit;
use crate::event::Event;
use crate::sync::lock;

static FILE: Mutex<Option<PathBuf>> = Mutex::new(None);

pub fn forget() {
    *lock(&FILE) = None;
}

/// Loads a file of settings in TOML, as [`load_toml`](crate::config::load_toml) does, and remembers it for
/// [`reload`].
///
/// It blocks while the file is read.
///
/// # Errors
///
/// Returns that the file cannot be read, or every mistake in it. Nothing has changed then; a file that
/// could be read is still remembered.
pub fn load(path: impl AsRef<Path>) -> Result<(), ConfigError> {
    let path = path.as_ref();
    let text = read(path)?;
    *lock(&FILE) = Some(path.to_owned());
    load_text(&path.display().to_string(), &text)
}

/// Reloads the file of [`load`]. Without one, it does nothing.
///
/// # Errors
///
/// Returns that the file cannot be read, or every mistake in it. The earlier settings stay in force
/// then, and the event `config.rejected` reports it.
pub fn reload() -> Result<(), ConfigError> {
    match lock(&FILE).clone() {
        Some(path) => load_again(&path).map(|_| ()),
        None => Ok(()),
    }
}

/// Returns how many settings have another value now, or `None` without a file.
#[cfg(feature = "dashboard")]
pub(crate) fn reload_changes() -> Result<Option<usize>, ConfigError> {
    lock(&FILE).clone().map(|path| load_again(&path)).transpose()
}

fn load_again(path: &Path) -> Result<usize, ConfigError> {
    load_read(path, read(path))
}

fn load_read(path: &Path, text: Result<String, ConfigError>) -> Result<usize, ConfigError> {
    text.and_then(|text| load_changes(&path.display().to_string(), &text)).inspect_err(report)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).or_else(|error| {
        let problem = ConfigProblem::new(path.display().to_string(), "", format!("the file cannot be read: {error}"));
        ConfigError::unless_empty(vec![problem]).map(|()| String::new())
    })
}

fn report(error: &ConfigError) {
    let first = error.problems().first().map(ToString::to_string).unwrap_or_default();
    emit(&Event::SettingsRejected {
        problems: u32::try_from(error.problems().len()).unwrap_or(u32::MAX),
        first: &first,
    });
}

/// Loads a file, and reloads it whenever it changes, as long as the future is polled. It never
/// completes.
///
/// It checks the file every `interval`, and reads it if it is another file or has changed, also behind
/// a symbolic link, as in a `ConfigMap` of Kubernetes. Spawn the future, or poll it beside other work.
/// Dropping it ends the watch. Settings that are rejected change nothing, and the event
/// `config.rejected` reports them. It also reports a file that two checks in a row do not find, whose
/// settings stay in force. The watch is about this file, even if [`load`] reads another one meanwhile,
/// and continues after [`clear`](crate::config::clear).
///
/// A changed file is read again after 10 ms, until two readings agree. Replace the file by renaming a
/// new one, so that it is never read half-written.
///
/// If the program must not start with invalid settings, call [`load`] first, which returns the
/// mistakes. The first check then finds the settings unchanged.
///
/// ```
/// # #[cfg(feature = "config")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use resilience::config;
/// use std::time::Duration;
///
/// # let path = std::env::temp_dir().join(format!("resilience-docs-watch-{}.toml", std::process::id()));
/// # std::fs::write(&path, "[docs-llm.retry]\nmax = 2\n")?;
/// // let path = "settings.toml";
/// config::load(&path)?;
/// let watch = tokio::spawn(config::watch(path.clone(), Duration::from_secs(5)));
/// # watch.abort();
/// # std::fs::remove_file(path)?;
/// # config::clear();
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "config"))] fn main() {}
/// ```
pub async fn watch(path: impl Into<PathBuf>, interval: Duration) {
    let path = path.into();
    *lock(&FILE) = Some(path.clone());
    let (mut seen, mut looks_in_vain) = (None, 0_u32);
    loop {
        let version = FileVersion::of(&path);
        match version {
            None => {
                // A file that is gone for a moment, while an editor replaces it, is not reported.
                looks_in_vain = looks_in_vain.saturating_add(1);
                if looks_in_vain == 2 {
                    let _reported = load_again(&path);
                }
            }
            Some(_) => {
                looks_in_vain = 0;
                if version != seen {
                    seen = version;
                    let text = settled(&path).await;
                    let _reported = load_read(&path, text);
                }
            }
        }
        tokio::time::sleep(interval.max(Duration::from_millis(1))).await;
    }
}

/// Reads a file until two texts are the same, because some programs empty a file before they write it.
async fn settled(path: &Path) -> Result<String, ConfigError> {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut text = read(path);
    for _ in 0..10 {
        tokio::time::sleep(PAUSE).await;
        let again = read(path);
        if again == text {
            break;
        }
        text = again;
    }
    text
}

/// The file behind a path. Some tools give every file the same time of modification, so that is not all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileVersion {
    modified: Option<SystemTime>,
    length: u64,
    /// The device, the number of the file and the time at which its entry changed.
    #[cfg(unix)]
    entry: (u64, u64, i64, i64),
}

impl FileVersion {
    fn of(path: &Path) -> Option<Self> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;

        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            #[cfg(unix)]
            entry: (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// Reloads the file of [`load`] at each `SIGHUP`, as long as the future is polled.
///
/// Spawn the future, or poll it beside other work. From its first poll on, the signal no longer ends
/// the process. Settings that are rejected change nothing, and the event `config.rejected` reports
/// them.
///
/// # Errors
///
/// Returns the error of the system if it cannot listen to the signal. Otherwise the future never
/// completes.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # #[cfg(all(unix, feature = "config-signal"))] {
/// let reloads = tokio::spawn(resilience::config::reload_on_hangup());
/// # reloads.abort();
/// # } }
/// ```
#[cfg(all(unix, feature = "config-signal"))]
pub async fn reload_on_hangup() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    while hangup.recv().await.is_some() {
        let _reported = reload();
    }
    Ok(())
}
