//! Which errors a policy handles if one list includes errors and another excludes some of them.

use resilience::{CircuitBreaker, circuit_breaker, fallback, retry};

use crate::common::{Counter, Elapsed, secs};

/// The nine errors of the matrix. The predicates below define the hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exception,
    E0,
    E1,
    E2,
    E2S,
    E1S,
    E0S,
    Runtime,
    Error,
}

const ALL: [Kind; 9] =
    [Kind::Exception, Kind::E0, Kind::E1, Kind::E2, Kind::E2S, Kind::E1S, Kind::E0S, Kind::Runtime, Kind::Error];

impl Kind {
    fn is_e2(self) -> bool {
        matches!(self, Self::E2 | Self::E2S)
    }

    fn is_e1(self) -> bool {
        self == Self::E1 || self == Self::E1S || self.is_e2()
    }

    fn is_e0(self) -> bool {
        self == Self::E0 || self == Self::E0S || self.is_e1()
    }

    fn is_exception(self) -> bool {
        self != Self::Error
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Failure {
    Failed(Kind),
    Rejected(resilience::Error),
}

impl From<resilience::Error> for Failure {
    fn from(error: resilience::Error) -> Self {
        Self::Rejected(error)
    }
}

fn kind(failure: &Failure) -> Kind {
    match failure {
        Failure::Failed(kind) => *kind,
        Failure::Rejected(error) => panic!("only the body's errors are asked about: {error}"),
    }
}

fn h_a(failure: &Failure) -> bool {
    let kind = kind(failure);
    (kind.is_e0() || kind.is_e2()) && !kind.is_e1()
}

fn h_b(failure: &Failure) -> bool {
    let kind = kind(failure);
    (kind.is_exception() || kind.is_e1()) && !(kind.is_e0() || kind.is_e2())
}

fn h_c(failure: &Failure) -> bool {
    let kind = kind(failure);
    (kind.is_e1() || kind.is_e2()) && !kind.is_e0()
}

/// In the order of the columns.
const HANDLED: [[bool; 9]; 3] = [
    [false, true, false, false, false, false, true, false, false],
    [true, false, false, false, false, false, false, true, false],
    [false; 9],
];

type Answer = Result<&'static str, Failure>;

/// MP-R12.
#[sync_and_async::test]
async fn a_listed_error_includes_its_subtypes() {
    #[retry(backoff = "none", when = |failure| kind(failure).is_e0())]
    async fn call(executions: &Counter) -> Answer {
        executions.up();
        pause().await;
        Err(Failure::Failed(Kind::E1))
    }
    let executions = Counter::new();
    assert_eq!((call(&executions).await, executions.get()), (Err(Failure::Failed(Kind::E1)), 4));
}

/// MP-HA, MP-HB, MP-HC.
#[sync_and_async::test]
async fn an_excluded_error_is_never_retried() {
    macro_rules! handled {
        ($($when:ident)*) => {{
            let mut handled = Vec::new();
            $({
                #[retry(max = 1, backoff = "none", when = $when)]
                async fn call(kind: Kind, executions: &Counter) -> Answer {
                    executions.up();
                    pause().await;
                    Err(Failure::Failed(kind))
                }
                let mut row = [false; 9];
                for (index, kind) in ALL.into_iter().enumerate() {
                    let executions = Counter::new();
                    assert_eq!(call(kind, &executions).await, Err(Failure::Failed(kind)), "unchanged");
                    row[index] = executions.get() == 2;
                    assert!(executions.get() <= 2);
                }
                handled.push(row);
            })*
            handled
        }};
    }
    assert_eq!(handled!(h_a h_b h_c), HANDLED);
}

/// MP-HA, MP-HB, MP-HC.
#[sync_and_async::test]
async fn an_excluded_error_never_opens_a_breaker() {
    macro_rules! handled {
        ($($when:ident)*) => {{
            let mut handled = Vec::new();
            $({
                static BREAKER: CircuitBreaker =
                    CircuitBreaker::new("hierarchy").failure_threshold(1).recovery(secs(20));

                #[circuit_breaker(shared = BREAKER, when = $when)]
                async fn call(kind: Kind) -> Answer {
                    pause().await;
                    Err(Failure::Failed(kind))
                }
                let mut row = [false; 9];
                for (index, kind) in ALL.into_iter().enumerate() {
                    BREAKER.reset();
                    assert_eq!(call(kind).await, Err(Failure::Failed(kind)));
                    row[index] = match call(kind).await {
                        Err(Failure::Rejected(resilience::Error::CircuitOpen { .. })) => true,
                        answer => answer != Err(Failure::Failed(kind)),
                    };
                }
                handled.push(row);
            })*
            handled
        }};
    }
    let clock = Clock::start();
    assert_eq!(handled!(h_a h_b h_c), HANDLED);
    assert!(clock.elapsed().is_zero());
}

/// MP-F16, MP-HA, MP-HB, MP-HC.
#[sync_and_async::test]
async fn an_excluded_error_is_never_answered_by_a_fallback() {
    macro_rules! handled {
        ($($when:ident)*) => {{
            let mut handled = Vec::new();
            $({
                #[fallback(value = "fallback", when = $when)]
                async fn call(kind: Kind) -> Answer {
                    pause().await;
                    Err(Failure::Failed(kind))
                }
                let mut row = [false; 9];
                for (index, kind) in ALL.into_iter().enumerate() {
                    row[index] = match call(kind).await {
                        Ok(value) => value == "fallback",
                        Err(failure) => failure != Failure::Failed(kind),
                    };
                }
                handled.push(row);
            })*
            handled
        }};
    }
    assert_eq!(handled!(h_a h_b h_c), HANDLED);
}
