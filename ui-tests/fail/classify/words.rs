use resilience::Classify;

#[derive(Classify)]
enum Words {
    #[classify(transiant)]
    Typo,
    #[classify(ratelimit)]
    Joined,
    #[classify(Network)]
    Capital,
    #[classify(forever)]
    Unknown,
    #[classify("transient")]
    Quoted,
    #[classify(network = true)]
    Valued,
    #[classify(network, saverity = "info")]
    Key,
    #[classify(permanent(severity = "info"))]
    Nested,
    #[classify(permanent severity = "info")]
    NoComma,
    #[classify]
    Empty,
    #[classify()]
    Nothing,
    #[classify = "network"]
    NameValue,
    #[classify(42)]
    Number,
}

#[derive(Classify)]
enum Severities {
    #[classify(network, severity = "warn")]
    Short,
    #[classify(network, severity = "awful")]
    Unknown,
    #[classify(network, severity = critical)]
    Unquoted,
    #[classify(network, severity)]
    Alone,
    #[classify(network, severity = )]
    NoValue,
    #[classify(network, severity = 3)]
    Number,
}

#[derive(Classify)]
#[classify(permanent, crate = "resilience")]
struct Facade;

fn main() {}
