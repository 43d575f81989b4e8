//! What `resilience::dashboard` promises, over HTTP. `tests/services` looks at the page in a browser.

use std::error::Error;
use std::time::Duration;

use axum::Router;
use reqwest::{Client, Response, StatusCode};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{
    BreakerState, Cache, CircuitBreaker, bulkhead, cached, circuit_breaker, dashboard, rate_limit, retry,
};
use serde_json::{Value, json};

type Done = Result<(), Box<dyn Error>>;

/// A secret that no page may show: an argument, a result, an error and a key of every call.
const SECRET: &str = "canary-7f3a";

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("{0}")]
    Down(String),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

/// A service with the router below `/ops/page`.
struct Service {
    url: String,
    client: Client,
}

impl Service {
    async fn start(router: Router) -> Result<Self, Box<dyn Error>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/ops/page", listener.local_addr()?);
        let app = Router::new().nest("/ops/page", router);
        tokio::spawn(async { axum::serve(listener, app).await });
        Ok(Self { url, client: Client::builder().no_proxy().build()? })
    }

    async fn get(&self, path: &str) -> reqwest::Result<Response> {
        self.client.get(format!("{}{path}", self.url)).send().await
    }

    async fn state(&self) -> Result<Value, Box<dyn Error>> {
        Ok(serde_json::from_str(&self.get("/state").await?.text().await?)?)
    }

    async fn act(&self, change: Value, headers: &[(&str, &str)]) -> reqwest::Result<StatusCode> {
        Ok(self.answer(change, headers).await?.0)
    }

    async fn answer(&self, change: Value, headers: &[(&str, &str)]) -> reqwest::Result<(StatusCode, String)> {
        let request = self.client.post(format!("{}/act", self.url)).json(&change);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await?;
        Ok((response.status(), response.text().await?))
    }
}

fn named<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|item| item["name"] == name)
}

#[tokio::test]
async fn the_state_has_every_layer_and_function_by_name_and_no_argument() -> Done {
    #[cached(ttl = 60, name = "dashboard answers", key = (query.to_owned(), up))]
    #[retry(max = 1, backoff = "none", budget = "dashboard budget")]
    #[circuit_breaker(name = "dashboard breaker", failure_threshold = 2)]
    #[bulkhead(max = 4, name = "dashboard places")]
    #[rate_limit(max = 100, per = "1s", name = "dashboard limit", key = query.to_owned())]
    async fn answer(query: &str, up: bool) -> Result<String, AskError> {
        if up { Ok(query.to_owned()) } else { Err(AskError::Down(query.to_owned())) }
    }

    let service = Service::start(dashboard::router()).await?;
    assert_eq!(answer(SECRET, true).await?, SECRET);
    let failure = answer(SECRET, false).await;
    assert!(matches!(&failure, Err(AskError::Down(text)) if text == SECRET), "{failure:?}");

    let state = service.state().await?;
    let (snapshot, functions) = (&state["snapshot"], &state["functions"]);
    assert_eq!(named(&snapshot["breakers"], "dashboard breaker").ok_or("a breaker")?["state"], "open");
    assert_eq!(named(&snapshot["bulkheads"], "dashboard places").ok_or("a bulkhead")?["max"], 4);
    assert_eq!(named(&snapshot["keyed_rate_limiters"], "dashboard limit").ok_or("a limit")?["keys"], 1);
    assert_eq!(named(&snapshot["caches"], "dashboard answers").ok_or("a cache")?["len"], 1);
    assert!(named(&snapshot["budgets"], "dashboard budget").is_some());
    let function = named(functions, "dashboard::answer").ok_or("a function")?;
    assert_eq!((&function["calls"], &function["errors"], &function["panicked"]), (&json!(2), &json!(1), &json!(0)));
    let changes = &named(&state["timelines"], "dashboard breaker").ok_or("a timeline")?["changes"];
    assert_eq!(changes[0]["state"], "open");
    assert!(!state.to_string().contains(SECRET), "{state}");
    Ok(())
}

#[tokio::test]
async fn settings_are_shown_with_their_origin() -> Done {
    #[circuit_breaker(name = "dashboard settings", failure_threshold = 3)]
    fn ask() -> Option<u8> {
        Some(1)
    }

    let service = Service::start(dashboard::router()).await?;
    assert_eq!(ask(), Some(1));
    resilience::config::set("dashboard settings.circuit_breaker.failure_threshold", 7)?;
    let state = service.state().await?;
    let setting = |option: &str| named(&state["settings"], &format!("dashboard settings.circuit_breaker.{option}"));
    let threshold = setting("failure_threshold").ok_or("a setting")?;
    assert_eq!((&threshold["value"], &threshold["origin"]), (&json!("7"), &json!("program")));
    let recovery = setting("recovery").ok_or("a default")?;
    assert!(recovery["origin"].as_str().is_some_and(|origin| origin.contains("main.rs")), "{recovery}");
    assert!(setting("window").is_none(), "it has no value");
    Ok(())
}

#[tokio::test]
async fn a_store_is_shown_with_what_was_last_wrong() -> Done {
    static STORE: FakeStore = FakeStore::new("dashboard store");
    #[rate_limit(name = "dashboard shared", max = 1_000, store = STORE)]
    async fn ask() -> Result<u8, AskError> {
        Ok(1)
    }

    let service = Service::start(dashboard::router()).await?;
    let engine = FakeEngine::new();
    STORE.connect(&engine);
    ask().await?;
    let state = service.state().await?;
    let store = named(&state["snapshot"]["stores"], "dashboard store").ok_or("a store")?;
    assert_eq!((&store["is_available"], &store["last_problem"]), (&json!(true), &Value::Null));
    engine.stop();
    for _ in 0..5 {
        ask().await?;
    }
    let state = service.state().await?;
    let store = named(&state["snapshot"]["stores"], "dashboard store").ok_or("a store")?;
    assert_eq!(store["is_available"], false);
    let problem = store["last_problem"]["message"].as_str().ok_or("a problem")?;
    assert!(problem.starts_with("the engine cannot be reached"), "{problem}");
    assert!(store["unchanged_for"]["secs"].is_u64() && store["last_problem"]["age"]["secs"].is_u64(), "{store}");
    let page = service.get("").await?.text().await?;
    assert!(page.contains("id=\"stores\"") && page.contains("last problem"), "a panel for stores");
    Ok(())
}

#[tokio::test]
async fn cancelled_and_panicking_calls_are_told_apart() -> Done {
    #[circuit_breaker(name = "dashboard fates")]
    async fn fate(kind: u8) -> Result<(), AskError> {
        match kind {
            0 => std::future::pending().await,
            1 => panic!("on purpose"),
            _ => Ok(()),
        }
    }

    let service = Service::start(dashboard::router()).await?;
    assert!(tokio::time::timeout(Duration::from_millis(5), fate(0)).await.is_err());
    assert!(tokio::spawn(fate(1)).await.is_err());
    fate(2).await?;
    let state = service.state().await?;
    let function = named(&state["functions"], "dashboard::fate").ok_or("a function")?;
    assert_eq!(
        (&function["calls"], &function["cancelled"], &function["panicked"], &function["errors"]),
        (&json!(3), &json!(1), &json!(1), &json!(0)),
    );
    Ok(())
}

#[tokio::test]
async fn the_page_needs_no_other_host_and_runs_no_script_but_its_own() -> Done {
    let service = Service::start(dashboard::router()).await?;
    let (first, second) = (service.get("").await?, service.get("").await?);
    let policies = [&first, &second].map(|page| page.headers()["content-security-policy"].clone());
    assert_ne!(policies[0], policies[1], "a nonce is used once");
    let policy = policies[0].to_str()?;
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(first.headers()["cache-control"], "no-store");

    let page = first.text().await?;
    assert_eq!(service.get("/nothing").await?.status(), StatusCode::NOT_FOUND);
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).ok_or("a nonce")?;
    assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), 2, "of the style and the script");
    assert!(!page.contains("{{"), "every placeholder is replaced");
    for foreign in ["http://", "https://", "//cdn", "@import", "innerHTML", "insertAdjacentHTML", "document.write"] {
        let allowed = page.matches(foreign).count() == page.matches("http://www.w3.org/2000/svg").count();
        assert!(!page.contains(foreign) || (foreign == "http://" && allowed), "{foreign}");
    }
    Ok(())
}

#[tokio::test]
async fn the_events_carry_an_opening_breaker_within_a_second() -> Done {
    #[circuit_breaker(name = "dashboard live", failure_threshold = 1)]
    fn fail() -> Option<()> {
        None
    }

    let service = Service::start(dashboard::router()).await?;
    let mut events = service.get("/events").await?;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    events.chunk().await?.ok_or("a first event at once")?;
    assert_eq!(fail(), None);
    let opened = async {
        let mut seen = String::new();
        while let Ok(Some(chunk)) = events.chunk().await {
            seen.push_str(&String::from_utf8_lossy(&chunk));
            if seen.contains(r#""name":"dashboard live","state":"open""#) {
                return true;
            }
        }
        false
    };
    assert!(tokio::time::timeout(Duration::from_secs(1), opened).await?);
    Ok(())
}

#[tokio::test]
async fn only_a_request_that_the_guard_allows_changes_anything() -> Done {
    #[circuit_breaker(name = "dashboard guarded")]
    fn ask() -> Option<u8> {
        Some(1)
    }
    #[cached(ttl = 60, name = "dashboard cleared")]
    fn load(key: u8) -> u8 {
        key
    }

    assert_eq!((ask(), load(1)), (Some(1), 1));
    let breaker = || CircuitBreaker::named("dashboard guarded").map(|breaker| breaker.state());
    let force = || json!({ "act": "force_open", "name": "dashboard guarded" });
    let operator: (&str, &str) = ("x-role", "operator");

    let closed = Service::start(dashboard::router()).await?;
    assert_eq!(closed.act(force(), &[operator]).await?, StatusCode::FORBIDDEN, "read-only");
    assert!(closed.get("").await?.text().await?.contains("data-may-act=\"false\""));

    let guard = |request: &axum::http::request::Parts| request.headers.get("x-role").is_some_and(|r| r == "operator");
    let open = Service::start(dashboard::router_with(guard)).await?;
    assert_eq!(open.act(force(), &[]).await?, StatusCode::FORBIDDEN);
    for foreign in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "http://evil.example")]
    {
        assert_eq!(open.act(force(), &[operator, foreign]).await?, StatusCode::FORBIDDEN, "{foreign:?}");
    }
    assert_eq!(breaker(), Some(BreakerState::Closed));

    assert_eq!(open.act(force(), &[operator, ("sec-fetch-site", "same-origin")]).await?, StatusCode::OK);
    assert_eq!((breaker(), ask()), (Some(BreakerState::ForcedOpen), None));
    for (act, state) in
        [("disable", BreakerState::Disabled), ("close", BreakerState::Closed), ("reset", BreakerState::Closed)]
    {
        assert_eq!(open.act(json!({ "act": act, "name": "dashboard guarded" }), &[operator]).await?, StatusCode::OK);
        assert_eq!(breaker(), Some(state), "{act}");
    }
    assert_eq!(open.act(json!({ "act": "clear", "name": "dashboard cleared" }), &[operator]).await?, StatusCode::OK);
    assert_eq!(Cache::named("dashboard cleared").map(Cache::len), Some(0));
    let nobody = json!({ "act": "close", "name": "<b>nobody</b>" });
    assert_eq!(open.act(nobody, &[operator]).await?, StatusCode::NOT_FOUND);
    assert_eq!(
        open.act(json!({ "act": "explode", "name": "x" }), &[operator]).await?,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    Ok(())
}

#[tokio::test]
async fn a_reload_of_the_settings_goes_through_the_guard_and_tells_its_result() -> Done {
    #[circuit_breaker(name = "dashboard reloaded", failure_threshold = 3)]
    fn ask() -> Option<u8> {
        Some(1)
    }
    assert_eq!(ask(), Some(1));
    let threshold = || {
        let all = resilience::config::effective();
        let is_it = |setting: &resilience::config::EffectiveSetting| {
            setting.name == "dashboard reloaded" && setting.option == "failure_threshold"
        };
        all.into_iter().find(is_it).and_then(|setting| setting.value)
    };

    let guard = |request: &axum::http::request::Parts| request.headers.contains_key("x-operator");
    let service = Service::start(dashboard::router_with(guard)).await?;
    let (reload, operator) = (json!({ "act": "reload_settings" }), [("x-operator", "1")]);
    let (status, told) = service.answer(reload.clone(), &operator).await?;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(told.contains("no file of settings has been loaded"), "{told}");

    let file = std::env::temp_dir().join(format!("resilience-dashboard-{}.toml", std::process::id()));
    let write = |text: &str| std::fs::write(&file, text);
    write("[\"dashboard reloaded\".circuit_breaker]\nfailure_threshold = 4\n")?;
    resilience::config::load(&file)?;
    assert_eq!(threshold().as_deref(), Some("4"));

    write("[\"dashboard reloaded\".circuit_breaker]\nfailure_threshold = 5\nrecovery = \"9s\"\n")?;
    assert_eq!(service.act(reload.clone(), &[]).await?, StatusCode::FORBIDDEN);
    let foreign = [operator[0], ("sec-fetch-site", "cross-site")];
    assert_eq!(service.act(reload.clone(), &foreign).await?, StatusCode::FORBIDDEN);
    assert_eq!(threshold().as_deref(), Some("4"));
    assert_eq!(service.answer(reload.clone(), &operator).await?, (StatusCode::OK, "applied 2 changes".to_owned()));
    assert_eq!(threshold().as_deref(), Some("5"));
    assert_eq!(service.answer(reload.clone(), &operator).await?, (StatusCode::OK, "no setting has changed".to_owned()));

    write("[\"dashboard reloaded\".circuit_breaker]\nfailure_threshold = 0\nrecovry = \"9s\"\n")?;
    let (status, told) = service.answer(reload.clone(), &operator).await?;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.contains("failure_threshold") && told.contains("did you mean `recovery`"), "{told}");
    assert_eq!(threshold().as_deref(), Some("5"), "nothing is applied");

    write("")?;
    assert_eq!(
        service.answer(reload, &operator).await?,
        (StatusCode::OK, "applied 2 changes".to_owned()),
        "both are gone"
    );
    std::fs::remove_file(file)?;
    Ok(())
}
