//! Settings are loaded again on demand, when the file changes, and on a signal.

use std::fs;
use std::path::PathBuf;

use resilience::config::{self, load, reload, set, watch};
use resilience::{bulkhead, retry};

use crate::common::{Answer, Recorder, TestError, secs};
use crate::{alone, lines, value};

#[bulkhead(name = "reloaded", max = 1)]
fn reloaded() -> Answer {
    Ok(1)
}

/// A file that is gone with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let file = Self(std::env::temp_dir().join(format!("resilience-{}-{name}.toml", std::process::id())));
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        fs::write(&self.0, text).expect("the folder for temporary files");
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _is_gone = fs::remove_file(&self.0);
    }
}

fn max(max: u32) -> String {
    format!("[reloaded.bulkhead]\nmax = {max}\n")
}

#[test]
fn a_reload_takes_the_file_as_it_is_now_or_leaves_everything() {
    let _alone = alone();
    assert_eq!(reloaded(), Ok(1));
    assert_eq!(reload(), Ok(()), "there is no file yet");
    let file = File::new("reload", &max(2));
    let path = file.0.display().to_string();
    assert_eq!(load(&file.0), Ok(()));
    assert_eq!(value("reloaded.bulkhead.max"), "2");
    assert_eq!(set("reloaded.bulkhead.wait", "1s").map_err(|_| ()), Err(()));

    file.write(&max(30));
    assert_eq!(value("reloaded.bulkhead.max"), "2", "nothing is read behind the program's back");
    let recorder = Recorder::start();
    assert_eq!(reload(), Ok(()));
    assert_eq!(value("reloaded.bulkhead.max"), "30");
    assert_eq!(recorder.named("config.applied").len(), 1);
    assert_eq!(reload(), Ok(()));
    assert_eq!(recorder.named("config.applied").len(), 1, "nothing has changed");

    file.write("[reloaded.bulkhead]\nmax = 4\nmaks = 3\nwait = 0\n");
    let wrong = lines(reload());
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].starts_with(&format!("{path}:3:1: [reloaded.bulkhead] `#[bulkhead]` has no argument `maks`")));
    let rejected = recorder.named("config.rejected");
    assert_eq!((rejected.len(), rejected[0].field("problems"), rejected[0].field("first")), (1, "2", &*wrong[0]));
    assert_eq!(value("reloaded.bulkhead.max"), "30");

    drop(file);
    let wrong = lines(reload());
    assert!(wrong[0].starts_with(&format!("{path}: the file cannot be read: ")), "{wrong:?}");
    assert_eq!(value("reloaded.bulkhead.max"), "30");
    config::clear();
    assert_eq!(reload(), Ok(()));
    assert_eq!(value("reloaded.bulkhead.max"), "1");
}

#[tokio::test(start_paused = true)]
async fn a_watch_loads_a_file_that_has_changed() {
    let _alone = alone();
    assert_eq!(reloaded(), Ok(1));
    let file = File::new("watch", &max(2));
    let watch = tokio::spawn(watch(file.0.clone(), secs(5)));
    tokio::time::sleep(secs(1)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "2", "at the first look");
    file.write(&max(33));
    assert_eq!(value("reloaded.bulkhead.max"), "2");
    tokio::time::sleep(secs(5)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "33");
    file.write("[reloaded.bulkhead]\nmax = -444\n");
    tokio::time::sleep(secs(5)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "33");
    file.write(&max(55_555));
    tokio::time::sleep(secs(5)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "55555", "a mistake does not end the watch");
    watch.abort();
    assert!(watch.await.is_err_and(|end| end.is_cancelled()));
    file.write(&max(7));
    tokio::time::sleep(secs(50)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "55555");
}

#[tokio::test(start_paused = true)]
async fn a_watch_watches_its_own_file() {
    let _alone = alone();
    assert_eq!(reloaded(), Ok(1));
    let (watched, other) = (File::new("own", &max(2)), File::new("other", &max(3)));
    let watch = tokio::spawn(watch(watched.0.clone(), secs(5)));
    tokio::time::sleep(secs(1)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "2");
    assert_eq!(load(&other.0), Ok(()));
    watched.write(&max(44));
    tokio::time::sleep(secs(5)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "44", "another file was loaded meanwhile");
    config::clear();
    watched.write(&max(555));
    tokio::time::sleep(secs(5)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "555", "the settings were taken back meanwhile");
    watch.abort();
}

#[tokio::test(start_paused = true)]
async fn a_watch_after_a_load_applies_the_file_once() {
    let _alone = alone();
    assert_eq!(reloaded(), Ok(1));
    let file = File::new("load-and-watch", &(max(2) + "[not-called-yet.retry]\nmax = 2\n"));
    let recorder = Recorder::start();
    assert_eq!(load(&file.0), Ok(()));
    assert_eq!(config::load_env([("RESILIENCE_RELOADED_RETRY_MAX", "1")]), Ok(()));
    let applied = || recorder.named("config.applied").len();
    assert_eq!(applied(), 2, "the file and the environment");

    // It is a task like any other of the program.
    let mut tasks = tokio::task::JoinSet::<()>::new();
    tasks.spawn(watch(file.0.clone(), secs(5)));
    tokio::time::sleep(secs(11)).await;
    assert_eq!(applied(), 2, "the first look finds what is in force");
    file.write(&format!("\n# moved\n{}[not-called-yet.retry]\nmax = 2\n", max(2)));
    tokio::time::sleep(secs(5)).await;
    assert_eq!(applied(), 2, "no value has changed");
    let is_moved = |one: &config::EffectiveSetting| one.origin.to_string().ends_with(".toml:4:7");
    assert!(config::effective().iter().any(is_moved), "{:?}", config::effective());
    file.write(&max(3));
    tokio::time::sleep(secs(5)).await;
    assert_eq!((applied(), &*value("reloaded.bulkhead.max")), (3, "3"));
    tasks.shutdown().await;
}

/// Folders of a volume whose files are symbolic links into the newest of them.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_watch_follows_a_link_to_another_folder() {
    use std::os::unix::fs::symlink;

    let _alone = alone();
    assert_eq!(reloaded(), Ok(1));
    let root = std::env::temp_dir().join(format!("resilience-{}-volume", std::process::id()));
    let _is_gone = fs::remove_dir_all(&root);
    let publish = |version: &str, text: &str| {
        let folder = root.join(version);
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("settings.toml");
        fs::write(&file, text).expect("a file");
        // As an image does that is the same each time it is built.
        let opened = fs::File::options().write(true).open(&file).expect("the file");
        opened.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("its time");
        let next = root.join("..data_tmp");
        symlink(version, &next).expect("a link");
        fs::rename(next, root.join("..data")).expect("the newest");
    };
    publish("..1", &max(2));
    symlink("..data/settings.toml", root.join("settings.toml")).expect("a link");
    let watch = tokio::spawn(watch(root.join("settings.toml"), secs(5)));
    tokio::time::sleep(secs(1)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "2");
    publish("..2", &max(3));
    fs::remove_dir_all(root.join("..1")).expect("the old folder");
    tokio::time::sleep(secs(5)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "3", "of the same length and time");
    watch.abort();
    fs::remove_dir_all(&root).expect("the folders");
}

#[tokio::test(start_paused = true)]
async fn a_watch_reports_a_file_that_is_not_there_and_keeps_its_settings() {
    let _alone = alone();
    assert_eq!(reloaded(), Ok(1));
    let file = File::new("gone", &max(6));
    let recorder = Recorder::start();
    let missing = tokio::spawn(watch(file.0.with_extension("tmol"), secs(5)));
    tokio::time::sleep(secs(60)).await;
    let rejected = recorder.named("config.rejected");
    assert_eq!(rejected.len(), 1, "once: {rejected:?}");
    assert!(rejected[0].field("first").contains(".tmol: the file cannot be read: "), "{rejected:?}");
    missing.abort();

    let watch = tokio::spawn(watch(file.0.clone(), secs(5)));
    tokio::time::sleep(secs(1)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "6");
    for _ in 0..2 {
        fs::remove_file(&file.0).expect("the file");
        tokio::time::sleep(secs(30)).await;
        assert_eq!(value("reloaded.bulkhead.max"), "6");
        file.write(&max(6));
        tokio::time::sleep(secs(5)).await;
    }
    assert_eq!(recorder.named("config.rejected").len(), 3, "once each time");
    file.write(&max(7));
    tokio::time::sleep(secs(5)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "7");
    watch.abort();
}

#[tokio::test(start_paused = true)]
async fn a_watch_waits_for_a_file_that_is_being_written() {
    let _alone = alone();
    assert_eq!(reloaded(), Ok(1));
    let file = File::new("half", &max(6));
    let watch = tokio::spawn(watch(file.0.clone(), secs(5)));
    tokio::time::sleep(secs(1)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "6");
    // Emptied just before the look at 5.01 s, and written just after it.
    tokio::time::sleep(std::time::Duration::from_millis(4_005)).await;
    file.write("");
    let recorder = Recorder::start();
    tokio::time::sleep(std::time::Duration::from_millis(11)).await;
    file.write(&max(8));
    tokio::time::sleep(secs(1)).await;
    assert_eq!(value("reloaded.bulkhead.max"), "8");
    assert_eq!(recorder.named("config.applied").len(), 1, "never without settings");
    watch.abort();
}

#[cfg(unix)]
#[tokio::test]
async fn a_hangup_loads_the_file_again() {
    let _alone = alone();
    assert_eq!(reloaded(), Ok(1));
    let file = File::new("hangup", &max(2));
    assert_eq!(load(&file.0), Ok(()));
    let reloads = tokio::spawn(config::reload_on_hangup());
    tokio::task::yield_now().await;
    file.write(&max(44));
    let sent = std::process::Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status();
    assert!(sent.expect("the command `kill`").success());
    while value("reloaded.bulkhead.max") != "44" {
        tokio::task::yield_now().await;
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    reloads.abort();
}

#[test]
fn a_name_that_is_freed_is_forgotten_with_its_settings() {
    let _alone = alone();
    use resilience::{Error, Policy, policy};
    for number in 0..300 {
        let name = format!("freed {number}");
        let policy: Policy<u32, Error> = Policy::new() >> policy::bulkhead(name.clone()).max(3).build().expect("valid");
        assert_eq!(policy.call_blocking(|| Ok(1)), Ok(1));
        assert_eq!(value(&format!("{name}.bulkhead.max")), "3");
        drop(policy);
        assert!(!config::effective().iter().any(|one| one.name == name));
    }
    #[retry(max = 1, backoff = "none", config = "stays")]
    fn stays() -> Answer {
        Err(TestError::Transient)
    }
    assert!(stays().is_err());
    assert_eq!(value("stays.retry.max"), "1");
}

#[test]
fn changes_from_many_threads_end_in_what_each_has_set_last() {
    use resilience::{Error, Policy, policy};
    let _alone = alone();
    let _watchdog = crate::common::Watchdog::start();
    assert_eq!(reloaded(), Ok(1));
    let policies: Vec<Policy<u32, Error>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4_u32)
            .map(|thread| {
                scope.spawn(move || {
                    let name = format!("raced {thread}");
                    let layer = policy::bulkhead(name.clone()).max(3).build().expect("valid");
                    let policy: Policy<u32, Error> = Policy::new() >> layer;
                    for round in 1..=50 {
                        assert_eq!(set(&format!("{name}.bulkhead.max"), round), Ok(()));
                        assert_eq!(policy.call_blocking(|| Ok(1)), Ok(1));
                        assert_eq!(set("all.bulkhead.max", 9), Ok(()));
                        assert_eq!(config::load_toml(&format!("[waits-{thread}.retry]\nmax = {round}")), Ok(()));
                        let (_snapshot, _effective) = (resilience::snapshot(), config::effective());
                        config::unset("all.bulkhead.max");
                    }
                    policy
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    for thread in 0..4 {
        assert_eq!(value(&format!("raced {thread}.bulkhead.max")), "50");
    }
    assert_eq!(value("reloaded.bulkhead.max"), "1");
    config::clear();
    assert_eq!(value("raced 2.bulkhead.max"), "3");
    drop(policies);
}
