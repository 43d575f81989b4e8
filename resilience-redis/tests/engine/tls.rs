//! An engine that speaks TLS, with certificates of an authority of its own. A child of the test program trusts the
//! authorities in a file.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use resilience::testing::store_conformance;
use services::{Folder, Redis as Server};

use crate::connecting::RULES;
use crate::process;
use crate::processes::{URL, child, read};

/// Where rustls looks for authorities instead of the system's folders.
const AUTHORITIES: &str = "SSL_CERT_FILE";

const ARGUMENTS: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// Signs certificates.
struct Authority {
    openssl: PathBuf,
    folder: Folder,
}

impl Authority {
    fn new() -> Option<Self> {
        let authority = Self { openssl: services::program("openssl", &[], "openssl")?, folder: Folder::new("tls") };
        let subject = authority.folder.path().file_name().map(|name| format!("/CN={}", name.to_string_lossy()));
        let subject = subject.unwrap_or_default();
        let names = ["req", "-x509", "-nodes", "-subj", &subject, "-keyout", "ca.key", "-out", "ca.pem"];
        authority.run(&[&names[..], &ARGUMENTS].concat());
        Some(authority)
    }

    fn run(&self, arguments: &[&str]) {
        let output = Command::new(&self.openssl).current_dir(self.folder.path()).args(arguments).output();
        let output = output.expect("openssl runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn sign(&self, host: &str) {
        let extensions = format!("subjectAltName={host}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n");
        fs::write(self.file("extensions"), extensions).expect("a file");
        let names = ["req", "-nodes", "-subj", "/CN=engine", "-keyout", "engine.key", "-out", "engine.csr"];
        self.run(&[&names[..], &ARGUMENTS].concat());
        let by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions"];
        self.run(&[&["x509", "-req", "-in", "engine.csr", "-out", "engine.pem"][..], &by].concat());
    }
}

/// An engine, and the address at which it speaks TLS.
fn start(authority: &Authority, host: &str) -> Option<(Server, String)> {
    authority.sign(host);
    let port = services::free_port();
    let (certificate, key) = (authority.file("engine.pem"), authority.file("engine.key"));
    let user = format!("--user app on >canary {RULES}");
    let server = Server::start(&[
        &format!("--tls-port {port} --tls-auth-clients no --tls-cert-file {certificate} --tls-key-file {key}"),
        &user,
    ])?;
    Some((server, format!("127.0.0.1:{port}")))
}

/// What a child says that connects to this address, and trusts the authorities in this file.
fn ends(test: &str, server: &Server, url: &str, authorities: &str) -> String {
    let mut command = child(test, server, &[]);
    let mut child = command.env(URL, url).env(AUTHORITIES, authorities).spawn().expect("a child");
    let said = read(&mut child, "said ").join(" ");
    assert!(child.wait().expect("it ends").success());
    said
}

/// What a child does.
async fn use_everything(url: &str) {
    let (first, second) = (process("shop"), process("shop"));
    let said = match first.connect(url).await {
        Ok(()) => {
            second.connect(url).await.expect("a second connection");
            store_conformance(first, second).await;
            assert_eq!((first.dropped_updates(), second.dropped_updates()), (0, 0));
            "it works".to_owned()
        }
        Err(problem) => format!("{problem} {problem:?} {first:?}").replace('\n', " "),
    };
    println!("\nsaid {said}");
}

#[tokio::test]
async fn a_user_of_an_engine_with_tls_may_do_everything() {
    const TEST: &str = "tls::a_user_of_an_engine_with_tls_may_do_everything";
    if let Ok(url) = std::env::var(URL) {
        return use_everything(&url).await;
    }
    let Some(authority) = Authority::new() else { return };
    let Some((server, address)) = start(&authority, "IP:127.0.0.1") else { return };
    let url = format!("rediss://app:canary@{address}");
    assert_eq!(ends(TEST, &server, &url, &authority.file("ca.pem")), "it works");
}

#[tokio::test]
async fn what_is_wrong_with_tls_is_named_and_holds_no_credentials() {
    const TEST: &str = "tls::what_is_wrong_with_tls_is_named_and_holds_no_credentials";
    if let Ok(url) = std::env::var(URL) {
        return use_everything(&url).await;
    }
    let Some(authority) = Authority::new() else { return };
    let Some((server, address)) = start(&authority, "IP:127.0.0.1") else { return };
    let (other, another_host) = (Authority::new().expect("openssl"), Authority::new().expect("openssl"));
    let (_of_host, of_host) = start(&another_host, "DNS:redis.example").expect("a second engine");
    let cases = [
        (&other, "rediss", "app:canary", &address, "no authority that this system trusts has signed its certificate"),
        (&another_host, "rediss", "app:canary", &of_host, "its certificate is for another host than that of the URL"),
        (&authority, "rediss", "canary:canary", &address, "the engine rejected the user name or the password"),
        (&authority, "redis", "app:canary", &address, "the engine cannot be reached"),
    ];
    for (authority, scheme, user, address, problem) in cases {
        let said = ends(TEST, &server, &format!("{scheme}://{user}@{address}"), &authority.file("ca.pem"));
        assert!(said.contains(problem), "{said}\nand not {problem}");
        assert!(!said.contains("canary"), "{said}");
    }
}
