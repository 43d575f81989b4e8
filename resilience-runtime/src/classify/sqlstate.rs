//! Classification of SQLSTATE codes: those of PostgreSQL, and what MySQL adds to them.

use super::{Category, Severity, Verdict};

/// Returns what a code means, as `sqlstate.md` lists it.
pub fn of_sqlstate(code: &str) -> Verdict {
    use Category::{Network, Permanent, Resource, Transient};
    let category = match code {
        "08004" | "HV001" | "HV014" => Resource,
        "25P03" | "25P04" | "57P01" | "57P02" | "57P05" | "HV00N" => Network,
        "25006" | "55006" | "55P03" | "57000" | "57014" | "57P03" | "70100" | "72000" | "HY000" | "XX000" => Transient,
        "40002" | "53400" | "58P01" | "58P02" => Permanent,
        _ => match code.get(..2) {
            Some("08") => Network,
            Some("28") => return Verdict::new(Permanent).with_severity(Severity::Critical),
            Some("40" | "58") => Transient,
            Some("53") => Resource,
            _ => Permanent,
        },
    };
    Verdict::new(category)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_documentation_is_true() {
        let mut codes = 0;
        for row in include_str!("sqlstate.md").lines().skip(2) {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            let (column, expected) = (cells[1], cells[2]);
            for code in column.split(", ").map(|code| code.replace("\\*", "ZZZ").replace("all others", "ZZZZZ")) {
                let verdict = of_sqlstate(&code);
                let mut said = verdict.category().as_str().to_owned();
                if verdict.severity() == Severity::Critical {
                    said += ", critical";
                }
                assert_eq!(said, expected, "{code}");
                codes += 1;
            }
        }
        assert!(codes >= 30, "{codes} codes");
    }

    #[test]
    fn codes_by_name_and_codes_that_are_none() {
        let of = |code| of_sqlstate(code).category();
        for code in ["22012", "23505", "23503", "25P02", "3D000", "42P01", "42501", "P0001", "0A000", "26000"] {
            assert_eq!(of(code), Category::Permanent, "{code}");
        }
        for code in ["40001", "40P01", "40003"] {
            assert_eq!(of(code), Category::Transient, "{code}");
        }
        for code in ["08000", "08006", "08P01"] {
            assert_eq!(of(code), Category::Network, "{code}");
        }
        for code in ["", "4", "é4001", "00000"] {
            assert_eq!(of(code), Category::Permanent, "{code:?}");
        }
    }
}
