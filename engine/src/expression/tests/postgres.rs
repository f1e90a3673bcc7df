//! Every expression of `testdata/postgres.tsv` gives what PostgreSQL gave.

use super::{Form, fixture};

/// Where we answer otherwise than PostgreSQL on purpose, and what; the reasons stand in `README.md`.
const DEVIATIONS: &[(&str, &[&str])] = &[
    // A column has one scale; PostgreSQL keeps that of each value.
    (
        "case k when 'free' then 0 when 'pro' then 10.5 else 99 end",
        &["0.0", "10.5", "0.0", "99.0", "99.0", "10.5"],
    ),
    ("case when p then 1 when q then 2.5 end", &["1.0", "2.5", "∅", "1.0", "∅", "∅"]),
    ("n / 4", &["4.997500", "-0.012500", "0.000000", "308641.972500", "∅", "0.625000"]),
    ("coalesce(n, m, 0)", &["19.9900", "-0.0500", "0.0000", "1234567.8900", "0.0001", "2.5000"]),
    ("greatest(n, m, 1)", &["19.9900", "1.0000", "3.3333", "1234567.8900", "1.0000", "100.0000"]),
];

#[test]
fn values_are_those_of_postgresql() {
    let golden = include_str!("../testdata/postgres.tsv");
    let mut wrong = Vec::new();
    let mut compared = 0;
    for form in [Form::Plain, Form::Dictionary] {
        let mut fixture = fixture(form);
        for line in golden.lines().filter(|line| !line.starts_with('#')) {
            let mut cells = line.split('\t');
            let expression = cells.next().unwrap();
            let deviation = DEVIATIONS.iter().find(|(known, _)| *known == expression);
            let expected: Vec<&str> = match deviation {
                Some((_, values)) => values.to_vec(),
                None => cells.collect(),
            };
            compared += 1;
            match fixture.values(expression) {
                Ok(values) if values == expected => {}
                Err(_) if expected == ["!"] => {}
                found => wrong.push(format!("{expression}\n  expected {expected:?}\n  found    {found:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 700);
}
