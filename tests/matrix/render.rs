//! A case as source text.

use std::fmt::Write as _;

use super::{Argument, Attribute, Body, Case, Context, Output};

/// The annotated function, its plain twin, what it falls back on, and the test of both.
pub fn case(case: &Case) -> String {
    let text = Text::of(case);
    let mut source = format!("// {}\n", text.description());
    match case.context {
        Context::Free => {
            source += &text.function("", &text.with, &text.attributes());
            source.push('\n');
            source += &text.function("", &text.plain, "");
            source += &text.spare("", "\n");
        }
        Context::Shared | Context::Exclusive | Context::Arc => {
            source += "impl Host {\n";
            source += &text.function("    ", &text.with, &text.attributes());
            source.push('\n');
            source += &text.function("    ", &text.plain, "");
            source += &text.spare("    ", "\n");
            source += "}\n";
        }
        Context::Trait | Context::TraitExclusive => {
            let _ = writeln!(source, "trait {} {{\n    {};\n}}\n", text.of_trait, text.signature(&text.with, true));
            let _ = writeln!(source, "impl {} for Host {{", text.of_trait);
            source += &text.function("    ", &text.with, &text.attributes());
            let _ = writeln!(source, "}}\n\nimpl {} for Twin {{", text.of_trait);
            source += &text.function("    ", &text.with, "");
            source += "}\n";
            let spare = text.spare("    ", "");
            if !spare.is_empty() {
                let _ = write!(source, "\nimpl Host {{\n{spare}}}\n");
            }
        }
    }
    source += &text.test();
    source
}

struct Text<'a> {
    case: &'a Case,
    with: String,
    plain: String,
    spare: String,
    of_trait: String,
}

/// What stands in.
#[derive(PartialEq)]
enum Spare {
    Closure,
    Value,
    Now,
    Later,
}

impl<'a> Text<'a> {
    fn of(case: &'a Case) -> Self {
        let number = format!("{:04}", case.number);
        Self {
            case,
            with: format!("with_{number}"),
            plain: format!("plain_{number}"),
            spare: format!("spare_{number}"),
            of_trait: format!("Trait{number}"),
        }
    }

    fn description(&self) -> String {
        let Case { is_async, context, argument, output, body, stack, .. } = self.case;
        let kind = if *is_async { "async" } else { "sync" };
        format!("{kind}, {context:?}, {argument:?}, {output:?}, {body:?}, {stack:?}")
    }

    // The function

    fn generics(&self) -> &'static str {
        match (self.case.argument, self.case.has(Attribute::Cached)) {
            (Argument::Generic, false) => "<T: Clone + Display>",
            (Argument::Generic, true) => "<T: Clone + Display + Eq + Hash + Send + Sync + 'static>",
            (Argument::Array, _) => "<const N: usize>",
            _ => "",
        }
    }

    /// The pattern and the type.
    fn parameter(&self) -> Option<(&'static str, &'static str)> {
        Some(match self.case.argument {
            Argument::None => return None,
            Argument::Copied => ("number", "u32"),
            Argument::Owned => ("text", "String"),
            Argument::Borrowed => ("text", "&str"),
            Argument::Sink => ("sink", "&mut Vec<u32>"),
            Argument::Generic => ("value", "T"),
            Argument::Impl => ("text", "impl AsRef<str> + Clone"),
            Argument::Pair => ("(first, second)", "(String, u32)"),
            Argument::Mutable => ("mut text", "String"),
            Argument::Wild => ("_", "String"),
            Argument::Array => ("list", "[u32; N]"),
        })
    }

    fn output(&self) -> &'static str {
        match (self.case.output, self.case.has(Attribute::Cached)) {
            (Output::Result, _) => "Result<String, Fault>",
            (Output::Option, _) => "Option<String>",
            (Output::Io, _) => "io::Result<String>",
            (Output::Alias, _) => "Answer<String>",
            (Output::Object, false) => "Result<Boxed, Fault>",
            (Output::Object, true) => "Result<Shared, Fault>",
        }
    }

    fn receiver(&self) -> &'static str {
        match self.case.context {
            Context::Free => "flaky: &Flaky",
            Context::Shared | Context::Trait => "&self",
            Context::Exclusive | Context::TraitExclusive => "&mut self",
            Context::Arc => "self: Arc<Self>",
        }
    }

    /// Without names that the body would use, in a declaration.
    fn signature(&self, name: &str, declared: bool) -> String {
        let mut parameters = vec![self.receiver().to_owned()];
        if let Some((pattern, ty)) = self.parameter() {
            parameters.push(format!("{}: {ty}", if declared { "_" } else { pattern }));
        }
        let (fn_, generics, output) = (self.fn_(), self.generics(), self.output());
        format!("{fn_} {name}{generics}({}) -> {output}", parameters.join(", "))
    }

    fn fn_(&self) -> &'static str {
        if self.case.is_async { "async fn" } else { "fn" }
    }

    fn function(&self, indent: &str, name: &str, attributes: &str) -> String {
        let text = format!("{attributes}{} {{\n{}}}\n", self.signature(name, false), self.body());
        let mut indented = String::new();
        for line in text.lines() {
            let _ = writeln!(indented, "{indent}{line}");
        }
        indented
    }

    fn flaky(&self) -> &'static str {
        if self.case.context == Context::Free { "flaky" } else { "self.flaky" }
    }

    fn good(&self, text: &str) -> String {
        match (self.case.output, self.case.has(Attribute::Cached)) {
            (Output::Option, _) => format!("Some({text})"),
            (Output::Object, false) => format!("Ok(Box::new({text}))"),
            (Output::Object, true) => format!("Ok(Arc::new({text}))"),
            _ => format!("Ok({text})"),
        }
    }

    fn bad(&self) -> &'static str {
        match self.case.output {
            Output::Option => "None",
            Output::Io => "Err(down())",
            _ => "Err(Fault::Down)",
        }
    }

    fn asked(&self) -> &'static str {
        match self.case.output {
            Output::Option => "option",
            Output::Io => "io",
            _ => "result",
        }
    }

    fn body(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut line = |text: String| lines.push(text);
        let (flaky, good, bad) = (self.flaky(), self.good("text"), self.bad());
        if self.case.body == Body::Items {
            line("const MARK: char = '~';".into());
            line("struct Marked(String);".into());
            line("fn marked(text: &str) -> Marked {\n        Marked(format!(\"{text}{MARK}\"))\n    }".into());
        }
        if matches!(self.case.context, Context::Exclusive | Context::TraitExclusive) {
            line("self.touched += 1;".into());
        }
        match self.case.argument {
            Argument::None | Argument::Wild => line("let text = String::from(\"alone\");".into()),
            Argument::Copied => line("let text = show(number + 1);".into()),
            Argument::Owned => line("let text = text + \"!\";".into()),
            Argument::Borrowed => line("let text = text.to_owned() + \"!\";".into()),
            Argument::Sink => {
                line("sink.push(7);".into());
                line("let text = format!(\"{:?}\", sink.last());".into());
            }
            Argument::Generic => line("let text = show(value);".into()),
            Argument::Impl => line("let text = show(text.as_ref());".into()),
            Argument::Pair => line("let text = first + &second.to_string();".into()),
            Argument::Mutable => line("text.push('!');".into()),
            Argument::Array => line("let text = format!(\"{N} {}\", list.iter().sum::<u32>());".into()),
        }
        let pause = if self.case.is_async { "pause().await;" } else { "" };
        if !pause.is_empty() && self.case.body != Body::Loop {
            line(pause.into());
        }
        match self.case.body {
            Body::Tail => line(format!("if {flaky}.up() {{ {good} }} else {{ {bad} }}")),
            Body::Return => {
                line(format!("if {flaky}.up() {{\n        return {good};\n    }}"));
                line(bad.into());
            }
            Body::Question => {
                line(format!("{flaky}.{}()?;", self.asked()));
                line(good);
            }
            Body::Loop => {
                line("let mut rounds = 0;".into());
                line("let text = 'outer: loop {".into());
                line("    for step in 0..2 {".into());
                if !pause.is_empty() {
                    line(format!("        {pause}"));
                }
                line("        rounds += 1;".into());
                line("        if step == 0 {\n                continue;\n            }".into());
                line("        if rounds < 4 {\n                continue 'outer;\n            }".into());
                line("        break 'outer text;".into());
                line("    }".into());
                line("};".into());
                line(format!("{flaky}.{}()?;", self.asked()));
                line(good);
            }
            Body::Items => {
                line(format!("{flaky}.{}()?;", self.asked()));
                line("let Marked(text) = marked(&text);".into());
                line(good);
            }
            Body::Closure => {
                line("let long = |text: &str| {\n        if text.len() > 100 {\n            return false;\n        }\n        text.len() > 50\n    };".into());
                line(format!("if {flaky}.up() && !long(&text) {{ {good} }} else {{ {bad} }}"));
            }
        }
        let mut body = String::new();
        for line in lines {
            let _ = writeln!(body, "    {line}");
        }
        body
    }

    // The attributes

    fn attributes(&self) -> String {
        let mut attributes = String::new();
        for (depth, attribute) in self.case.stack.iter().enumerate() {
            let arguments = match attribute {
                Attribute::Retry => format!("retry({}{})", self.retry(), self.log_errors()),
                Attribute::Timeout => {
                    let mut arguments = format!("secs = {}", 60 - 5 * depth);
                    if !self.case.is_async {
                        arguments += ", mode = \"cooperative\"";
                    }
                    format!("timeout({arguments}{})", self.map_err())
                }
                Attribute::Breaker => {
                    format!("circuit_breaker(failure_threshold = 100{}{})", self.map_err(), self.log_errors())
                }
                Attribute::Bulkhead => {
                    let queue = ["", ", queue = 10", ", queue = 10, wait = \"5s\""][self.case.variant % 3];
                    format!("bulkhead(max = 100{queue}{})", self.map_err())
                }
                Attribute::RateLimit => {
                    let wait = ["", ", wait = \"1s\""][self.case.variant % 2];
                    format!("rate_limit(max = 1000{wait}{})", self.map_err())
                }
                Attribute::Named => {
                    format!(
                        "circuit_breaker(name = \"matrix {}\", failure_threshold = 100{})",
                        self.with,
                        self.map_err()
                    )
                }
                Attribute::Cached => format!("cached({})", self.key()),
                Attribute::Fallback => format!("fallback({}{})", self.falls_back_on(), self.log_errors()),
                Attribute::Unneeded => "fallback(value = SPARE, when = never)".replace("SPARE", &self.spare_value()),
            };
            let _ = writeln!(attributes, "#[{arguments}]");
        }
        attributes
    }

    fn retry(&self) -> &'static str {
        // Pauses are free in asynchronous cases, where the clock stands still.
        match self.case.variant % 4 {
            0 => "max = 3, backoff = \"none\"",
            1 => "attempts = 4, backoff = \"none\", when = always",
            2 if self.case.is_async => "base_delay = \"10ms\"",
            3 if self.case.is_async => "max = 3, backoff = \"fibonacci\", base_delay_ms = 10, jitter = false",
            2 => "max = 3, backoff = \"none\", when = |_error| true",
            _ => "max_retries = 3, backoff = \"none\", max_elapsed = \"50s\"",
        }
    }

    fn map_err(&self) -> &'static str {
        if self.case.output == Output::Io { ", map_err = to_io" } else { "" }
    }

    /// In a part of the cases whose failures say anything.
    fn log_errors(&self) -> &'static str {
        if self.case.output != Output::Option && self.case.variant % 5 == 1 { ", log_errors = true" } else { "" }
    }

    fn key(&self) -> &'static str {
        match (self.case.argument, self.case.context) {
            // The caller's type need not be one that can be compared.
            (Argument::Impl, _) => "key = text.as_ref()",
            (_, Context::Free) => "skip(flaky), ttl = 600",
            _ => "skip(self)",
        }
    }

    fn spare_kind(&self) -> Spare {
        match self.case.variant / 4 % 4 {
            0 => Spare::Closure,
            1 => Spare::Value,
            2 if self.case.is_async => Spare::Later,
            _ => Spare::Now,
        }
    }

    fn spare_value(&self) -> String {
        match (self.case.output, self.case.has(Attribute::Cached)) {
            (Output::Object, false) => "Box::new(spare())".into(),
            (Output::Object, true) => "Arc::new(spare())".into(),
            _ => "spare()".into(),
        }
    }

    fn falls_back_on(&self) -> String {
        let Self { spare, .. } = self;
        match self.spare_kind() {
            Spare::Closure => {
                let answer = match (self.case.output, self.case.has(Attribute::Cached)) {
                    (Output::Object, false) => "Ok(Box::new(spare()) as Boxed)".into(),
                    (Output::Object, true) => "Ok(Arc::new(spare()) as Shared)".into(),
                    _ => self.good("spare()"),
                };
                format!("|_error| {answer}")
            }
            Spare::Value => format!("value = {}", self.spare_value()),
            Spare::Now | Spare::Later => match (self.case.context, self.case.variant >> 4 & 1) {
                (Context::Free, _) => spare.clone(),
                (_, 0) => format!("Self::{spare}"),
                _ => format!("self.{spare}"),
            },
        }
    }

    /// The function to fall back on, where there is one.
    fn spare(&self, indent: &str, before: &str) -> String {
        let kind = self.spare_kind();
        if !self.case.has(Attribute::Fallback) || matches!(kind, Spare::Closure | Spare::Value) {
            return String::new();
        }
        let later = kind == Spare::Later;
        let fn_ = if later { "async fn" } else { "fn" };
        let pause = if later { "pause().await; " } else { "" };
        let mut parameters = Vec::new();
        match self.falls_back_on() {
            _ if self.case.context == Context::Free => parameters.push("_: &Flaky".to_owned()),
            path if path.starts_with("Self") => {}
            _ => parameters.push("&self".to_owned()),
        }
        parameters.extend(self.parameter().map(|(_, ty)| format!("_: {ty}")));
        let parameters = parameters.join(", ");
        let (name, generics, output) = (&self.spare, self.generics(), self.output());
        let answer = self.good("spare()");
        let allow = "#[allow(clippy::unnecessary_wraps, clippy::unused_self)]";
        format!(
            "{before}{indent}{allow}\n{indent}{fn_} {name}{generics}({parameters}) -> {output} {{\n{indent}    {pause}{answer}\n{indent}}}\n"
        )
    }

    // The test

    /// An argument for the parameter.
    fn argument(&self, other: bool) -> &'static str {
        match (self.case.argument, other) {
            (Argument::None, _) => "",
            (Argument::Copied, false) => "7",
            (Argument::Copied, true) => "8",
            (Argument::Owned | Argument::Generic | Argument::Impl | Argument::Mutable | Argument::Wild, false) => {
                "\"text\".to_owned()"
            }
            (Argument::Owned | Argument::Generic | Argument::Mutable | Argument::Wild, true) => "\"other\".to_owned()",
            (Argument::Borrowed, false) => "\"text\"",
            // Of another type, too.
            (Argument::Borrowed | Argument::Impl, true) => "\"other\"",
            (Argument::Sink, _) => "&mut sink",
            (Argument::Pair, false) => "(\"text\".to_owned(), 7)",
            (Argument::Pair, true) => "(\"text\".to_owned(), 8)",
            (Argument::Array, false) => "[1, 2, 3]",
            // Of another length, with the same sum.
            (Argument::Array, true) => "[1, 5]",
        }
    }

    /// Statements that make a call and bind `{result}` and `{result}_calls`.
    fn call(&self, indent: &str, result: &str, annotated: bool, failures: &str, other: bool) -> String {
        let mut source = String::new();
        let mut line = |text: String| {
            let _ = writeln!(source, "{indent}{text}");
        };
        let of_trait = matches!(self.case.context, Context::Trait | Context::TraitExclusive);
        let host = if of_trait && !annotated { "Twin" } else { "Host" };
        let name = if of_trait || annotated { &self.with } else { &self.plain };
        let argument = self.argument(other);
        if self.case.argument == Argument::Sink {
            line("let mut sink = vec![0];".into());
        }
        let (prepare, call, flaky) = match self.case.context {
            Context::Free => {
                let comma = if argument.is_empty() { "" } else { ", " };
                let call = format!("{name}(&flaky{comma}{argument})");
                (format!("let flaky = Flaky::failing({failures});"), call, "flaky")
            }
            Context::Shared | Context::Trait => {
                (format!("let host = {host}::failing({failures});"), format!("host.{name}({argument})"), "host.flaky")
            }
            Context::Exclusive | Context::TraitExclusive => {
                let prepare = format!("let mut host = {host}::failing({failures});");
                (prepare, format!("host.{name}({argument})"), "host.flaky")
            }
            Context::Arc => {
                let prepare = format!("let host = Arc::new({host}::failing({failures}));");
                (prepare, format!("Arc::clone(&host).{name}({argument})"), "host.flaky")
            }
        };
        line(prepare);
        let call = if self.case.is_async { format!("send({call}).await") } else { call };
        line(format!("let {result} = {call}.seen();"));
        if annotated {
            let mut calls = vec![format!("{flaky}.calls()")];
            if flaky == "host.flaky" && self.receiver() == "&mut self" {
                calls.push("host.touched".into());
            }
            if self.case.argument == Argument::Sink {
                calls.push("sink.iter().sum::<u32>() / 7".into());
            }
            line(format!("let calls = [{}];", calls.join(", ")));
        }
        source
    }

    fn test(&self) -> String {
        let mut model = Model::of(self.case);
        // With `#[cached]`, the one that gets through decides the following.
        let scenarios: Vec<String> = [9, 2, 0, 0]
            .iter()
            .map(|failures| {
                let (end, calls) = model.call(*failures);
                format!("({failures}, Expected::{end:?}, {calls})")
            })
            .collect();
        let (attribute, fn_) =
            if self.case.is_async { ("#[tokio::test(start_paused = true)]", "async fn") } else { ("#[test]", "fn") };
        let mut source = format!("\n{attribute}\n{fn_} case_{:04}() {{\n", self.case.number);
        source += &self.plain_calls(false);
        let _ = writeln!(source, "    for (failures, expected, expected_calls) in [{}] {{", scenarios.join(", "));
        source += &self.call("        ", "seen", true, "failures", false);
        source += "        plain.check(expected, &seen, &calls, expected_calls);\n    }\n";
        // Another argument is another entry.
        let differs = !matches!(self.case.argument, Argument::None | Argument::Wild | Argument::Sink);
        if self.case.has(Attribute::Cached) && differs {
            source += &self.plain_calls(true);
            source += &self.call("    ", "seen", true, "0", true);
            source += "    plain.check(Expected::Up, &seen, &calls, 1);\n";
        }
        source + "}\n"
    }

    fn plain_calls(&self, other: bool) -> String {
        let mut source = self.call("    ", "up", false, "0", other);
        source += &self.call("    ", "down", false, "1", other);
        source + "    let plain = Plain::new(up, &down);\n"
    }
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Up,
    Down,
    Spare,
}

/// What a stack does, as its documentation says.
struct Model<'a> {
    stack: &'a [Attribute],
    kept: bool,
    failures: u32,
    calls: u32,
}

impl<'a> Model<'a> {
    fn of(case: &'a Case) -> Self {
        Self { stack: &case.stack, kept: false, failures: 0, calls: 0 }
    }

    /// A call of which so many attempts fail: its end, and the calls of the body.
    fn call(&mut self, failures: u32) -> (End, u32) {
        self.failures = failures;
        self.calls = 0;
        (self.below(0), self.calls)
    }

    fn below(&mut self, depth: usize) -> End {
        match self.stack.get(depth) {
            None => {
                self.calls += 1;
                if self.calls > self.failures { End::Up } else { End::Down }
            }
            Some(Attribute::Retry) => {
                let mut end = self.below(depth + 1);
                for _retry in 0..3 {
                    if end == End::Down {
                        end = self.below(depth + 1);
                    }
                }
                end
            }
            Some(Attribute::Cached) => {
                if self.kept {
                    return End::Up;
                }
                let end = self.below(depth + 1);
                // The answer of a fallback is not kept.
                self.kept = end == End::Up;
                end
            }
            Some(Attribute::Fallback) => match self.below(depth + 1) {
                End::Down => End::Spare,
                end => end,
            },
            Some(
                Attribute::Timeout
                | Attribute::Breaker
                | Attribute::Named
                | Attribute::Unneeded
                | Attribute::Bulkhead
                | Attribute::RateLimit,
            ) => self.below(depth + 1),
        }
    }
}
