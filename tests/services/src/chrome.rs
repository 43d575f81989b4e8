use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use super::daemon::{Daemon, Folder};
use super::{PORTS, free_port, program, tail};

/// A headless Chromium, driven over the `WebDriver` protocol.
#[derive(Debug)]
pub struct Chrome {
    // Dropped before its folder.
    _daemon: Daemon,
    port: u16,
    chromium: PathBuf,
    folder: Folder,
}

impl Chrome {
    /// Starts a driver, unless Chromium or its driver is not installed.
    ///
    /// # Panics
    ///
    /// Panics if the driver does not start.
    pub fn start() -> Option<Self> {
        let chromium = program("chromium", &[], "chromium")?;
        let driver = program("chromedriver", &[], "chromium-driver")?;
        let folder = Folder::new("chrome");
        let log = folder.path().join("log");
        for _ in 0..PORTS {
            let port = free_port();
            let mut command = Command::new(&driver);
            command.arg(format!("--port={port}"));
            let mut daemon = Daemon::start(&mut command, &folder, &log, "TERM");
            if daemon.wait_until(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()) {
                return Some(Self { _daemon: daemon, port, chromium, folder });
            }
        }
        panic!("ChromeDriver does not start:\n{}", tail(&log));
    }

    /// Returns the address of the driver.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the path of the browser.
    pub fn program(&self) -> String {
        self.chromium.display().to_string()
    }

    /// Returns the arguments with which the browser runs anywhere, and asks no other host by itself.
    pub fn arguments(&self) -> Vec<String> {
        let data = self.folder.path().join("data");
        let fixed = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1200,1300",
        ];
        let data = format!("--user-data-dir={}", data.display());
        fixed.into_iter().map(str::to_owned).chain([data]).collect()
    }
}
