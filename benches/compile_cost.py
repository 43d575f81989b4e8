#!/usr/bin/env python3
"""What the attributes cost at compile time, beside their peers.

    python3 benches/compile_cost.py [functions] [rounds]
    python3 benches/compile_cost.py --instructions [functions]
    python3 benches/compile_cost.py --release [functions] [rounds]
    python3 benches/compile_cost.py --incremental [functions] [rounds]

Makes one small crate for each variant below `target/compile_cost`: the same asynchronous functions, plain, under
`#[retry] #[circuit_breaker] #[timeout]`, under `#[tracing::instrument]`, and under the `cached` crate's `#[cached]`. Their
dependencies are built first; then every round checks each crate once, in turn, after a change of its source, and counts
the processor time of cargo and all its children. Quote the ratios: the seconds depend on the machine and its neighbours.

With `--instructions`, valgrind counts what the compiler executes for one more function, which no neighbour changes: about
a minute for each variant.

With `--release`, a library for C is built with optimization, with so many functions and with twice as many: the processor
time and the bytes that one more function adds. With `--incremental`, each crate is checked again after a change of a
comment at its end, so nothing has to be checked anew: the processor time that each function adds to that.
"""

import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = ROOT / "target" / "compile_cost"

VARIANTS = {
    "plain": "",
    "resilience": '#[retry(max = 3)]\n#[circuit_breaker(name = "b{n}")]\n#[timeout(secs = 30)]',
    "instrument": "#[tracing::instrument(skip_all)]",
    "cached": '#[cached(key = "u64", convert = "{{ id }}")]',
}
IMPORTS = {
    "resilience": "use resilience::{circuit_breaker, retry, timeout};",
    "cached": "use cached::macros::cached;",
}
DEPENDENCIES = {
    "plain": "",
    "resilience": f'resilience = {{ package = "resilience-fn", path = "{ROOT}" }}',
    "instrument": 'tracing = "0.1.44"',
    "cached": 'cached = { version = "4", features = ["async"] }',
}


def source(variant: str, functions: int) -> str:
    error = """
#[derive(Debug, Clone)]
pub enum AskError { Status(u16) }
"""
    if variant == "resilience":
        error += "impl From<resilience::Error> for AskError { fn from(_: resilience::Error) -> Self { Self::Status(504) } }\n"
    body = "".join(
        f"""
{VARIANTS[variant].format(n=n)}
pub async fn ask_{n}(client: &'static Client, id: u64) -> Result<String, AskError> {{
    let head = client.load(id).await?;
    let tail = client.load(id + {n}).await?;
    Ok(head + &tail)
}}
"""
        for n in range(functions)
    )
    table = "".join(f"        {n} => Box::pin(ask_{n}(client, id)),\n" for n in range(functions))
    return f"""{IMPORTS.get(variant, "")}
{error}
pub struct Client;
impl Client {{
    pub async fn load(&self, id: u64) -> Result<String, AskError> {{
        if id == 0 {{ Err(AskError::Status(404)) }} else {{ Ok(id.to_string()) }}
    }}
}}
{body}
pub type Answer = std::pin::Pin<Box<dyn Future<Output = Result<String, AskError>> + Send>>;
pub fn any(n: u64, client: &'static Client, id: u64) -> Answer {{
    match n {{
{table}        _ => Box::pin(std::future::ready(Err(AskError::Status(400)))),
    }}
}}
"""


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cargo(variant: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        ["cargo", "--quiet", *arguments],
        cwd=PLACE / variant,
        env=os.environ | {"CARGO_INCREMENTAL": "0", "CARGO_TARGET_DIR": str(PLACE / "target")} | environment,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{variant}: {done.stderr}")
    return done.stdout


def instructions(variant: str, functions: int) -> int:
    """What the compiler executes to check a crate of so many functions."""
    log = PLACE / "valgrind"
    log.mkdir(exist_ok=True)
    for old in log.iterdir():
        old.unlink()
    wrapper = PLACE / "counted"
    wrapper.write_text(
        f'#!/bin/sh\nexec valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file={log}/%p "$@"\n'
    )
    wrapper.chmod(0o755)
    # The compiler itself, and not the launcher of rustup, which valgrind would count instead.
    sysroot = subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip()
    (PLACE / variant / "src" / "lib.rs").write_text(source(variant, functions))
    cargo(variant, "check", RUSTC=f"{sysroot}/bin/rustc", RUSTC_WORKSPACE_WRAPPER=str(wrapper))
    counts = [re.search(r"Collected : (\d+)", text.read_text()) for text in log.iterdir()]
    return max(int(count[1]) for count in counts if count)


def count(functions: int) -> None:
    each = {
        variant: (instructions(variant, functions) - instructions(variant, 0)) / functions for variant in VARIANTS
    }
    print(f"millions of instructions to check one more function, of {functions}")
    for variant, number in each.items():
        print(f"{variant:<12}{number / 1e6:>8.2f}{number / each['plain']:>8.2f}x")
    ours = each["resilience"]
    print(f"resilience / instrument {ours / each['instrument']:.2f}, resilience / cached {ours / each['cached']:.2f}")


def measured(variant: str, text: str, *arguments: str, **environment: str) -> float:
    """The processor time of cargo after a change of the source."""
    (PLACE / variant / "src" / "lib.rs").write_text(text)
    before = cpu()
    cargo(variant, *arguments, **environment)
    return cpu() - before


def compare(heading: str, figures: dict[str, list[float]], unit: str, functions: int) -> None:
    each = {variant: statistics.median(values) / functions for variant, values in figures.items()}
    print(f"{heading}, {unit} for one more function, of {functions}")
    for variant, number in each.items():
        print(f"{variant:<12}{number:>10.2f}{number / each['plain']:>8.2f}x")
    print(f"resilience / instrument {each['resilience'] / each['instrument']:.2f}")


def release(functions: int, rounds: int) -> None:
    """Of optimized code. `any` is exported, so the linker keeps the functions.

    Compares so many with twice as many: the first one brings along the runtime, which all share.
    """
    counts = (functions, 2 * functions)
    built = {variant: {count: exported(source(variant, count)) for count in counts} for variant in VARIANTS}
    times, sizes = {variant: [] for variant in VARIANTS}, {variant: [] for variant in VARIANTS}
    arguments = ("rustc", "--release", "--crate-type=cdylib", "--", "-Cstrip=symbols")
    for number in range(rounds + 1):
        for variant, texts in built.items():
            seconds, size = {}, {}
            for count, text in texts.items():
                seconds[count] = measured(variant, f"// {number}\n{text}", *arguments)
                library = PLACE / "target" / "release" / f"libcost_{variant}.so"
                size[count] = library.stat().st_size
            # The first round builds the dependencies.
            if number > 0:
                times[variant].append((seconds[2 * functions] - seconds[functions]) * 1e3)
                sizes[variant].append(size[2 * functions] - size[functions])
    compare("release build", times, "milliseconds", functions)
    compare("release build", sizes, "bytes", functions)


def exported(text: str) -> str:
    return text.replace("pub fn any(", "#[unsafe(no_mangle)]\npub fn any(")


def incremental(functions: int, rounds: int) -> None:
    times = {variant: [] for variant in VARIANTS}
    for number in range(rounds + 1):
        for variant in VARIANTS:
            seconds = {}
            for count in (0, functions):
                text = source(variant, count)
                # From scratch, then after a change of a comment at the end.
                measured(variant, text, "check", CARGO_INCREMENTAL="1")
                changed = f"{text}// {number}\n"
                seconds[count] = measured(variant, changed, "check", CARGO_INCREMENTAL="1")
            if number > 0:
                times[variant].append((seconds[functions] - seconds[0]) * 1e3)
    compare("incremental check of nothing new", times, "milliseconds", functions)


def prepare() -> None:
    for variant in VARIANTS:
        place = PLACE / variant
        (place / "src").mkdir(parents=True, exist_ok=True)
        (place / "Cargo.toml").write_text(
            f'[package]\nname = "cost-{variant}"\nversion = "0.0.0"\nedition = "2024"\n'
            f"[dependencies]\n{DEPENDENCIES[variant]}\n[workspace]\n"
        )
        (place / "src" / "lib.rs").write_text(source(variant, 1))
        cargo(variant, "check")


def main() -> None:
    arguments = sys.argv[1:]
    prepare()
    if arguments[:1] == ["--instructions"]:
        count(int(arguments[1]) if len(arguments) > 1 else 24)
        return
    for option, run, functions in [("--release", release, 100), ("--incremental", incremental, 300)]:
        if arguments[:1] == [option]:
            numbers = [int(number) for number in arguments[1:]]
            run(numbers[0] if numbers else functions, numbers[1] if len(numbers) > 1 else 3)
            return
    functions = int(arguments[0]) if arguments else 500
    rounds = int(arguments[1]) if len(arguments) > 1 else 5
    texts = {variant: source(variant, functions) for variant in VARIANTS}
    seconds = {variant: [] for variant in VARIANTS}
    for number in range(rounds):
        for variant in VARIANTS:
            (PLACE / variant / "src" / "lib.rs").write_text(f"// {number}\n{texts[variant]}")
            before = cpu()
            cargo(variant, "check")
            seconds[variant].append(cpu() - before)
    median = {variant: statistics.median(times) for variant, times in seconds.items()}
    lines = {
        variant: cargo(variant, "rustc", "--profile=check", "--", "-Zunpretty=expanded", RUSTC_BOOTSTRAP="1").count("\n")
        for variant in VARIANTS
    }
    print(f"{functions} functions, {rounds} rounds; full check, processor seconds")
    print(f"{'variant':<12}{'median':>8}{'min':>8}{'max':>8}{'of plain':>10}{'expanded lines':>16}{'of plain':>10}")
    for variant, times in seconds.items():
        print(
            f"{variant:<12}{median[variant]:>8.2f}{min(times):>8.2f}{max(times):>8.2f}"
            f"{median[variant] / median['plain']:>9.2f}x{lines[variant]:>16,}{lines[variant] / lines['plain']:>9.2f}x"
        )
    ours = median["resilience"]
    print(f"resilience / instrument {ours / median['instrument']:.2f}, resilience / cached {ours / median['cached']:.2f}")


main()
