//! Hard moments as conditions: zones that are constants, texts and dictionaries give the same.

use seedbed_engine::calendar::{Zone, civil};
use seedbed_engine::{Plan, Settings};
use seedbed_tests::shipped;
use seedbed_tests::value::Values;

const SCENARIO: &str = "
tables:
  moments:
    rows: 40000
    let:
      zone: {choose: [Europe/Berlin, Australia/Lord_Howe, America/Havana, UTC], null: 5%}
      text: = coalesce(zone, 'x')
      at: \"= timestamptz '2025-10-01' + row_number() * interval '9 minutes'\"
    columns:
      zone_shown: = zone
      micros: = cast(extract(epoch from at) as bigint)
      fold: = in_fold(at, zone)
      gap: = next_to_gap(at, zone)
      hours: = hours_of_day(at, zone)::text
      of_date: = hours_of_day((at at time zone zone)::date, zone)::text
      fold_by_text: = case when text = 'x' then null else in_fold(at, text) end
      hours_by_text: = case when text = 'x' then null else hours_of_day(at, text)::text end
      berlin: = in_fold(at, 'Europe/Berlin')
      berlin_by_name: = in_fold(at, 'Europe/Ber' || 'lin')
      end: = is_month_end(at at time zone 'UTC')
      end_of_date: = is_month_end((at at time zone 'UTC')::date)
      none: = in_fold(null, zone)
";

#[test]
fn zones_of_any_kind_give_the_same() {
    let plan: Plan = shipped::compile(SCENARIO, &Settings::default());
    let values = Values::whole(&plan, "moments");
    let column = |name: &str| -> Vec<Option<String>> {
        values.cells(name).iter().map(|cell| cell.as_deref().map(str::to_owned)).collect()
    };
    let zones = column("zone_shown");
    let expected = |tell: fn(&Zone, i64) -> String| -> Vec<Option<String>> {
        let at = values.numbers("micros").into_iter().map(|seconds| seconds * 1_000_000);
        zones
            .iter()
            .zip(at)
            .map(|(zone, at)| zone.as_ref().map(|zone| tell(Zone::named(zone).unwrap(), at)))
            .collect()
    };
    let folds = expected(|zone, at| zone.is_in_fold(at).to_string());
    let hours = expected(|zone, at| {
        let day = civil::split_micros(zone.to_local(at)).0;
        (zone.length_of_day(day) as f64 / 3.6e9).to_string()
    });
    assert!(folds.iter().flatten().filter(|fold| *fold == "true").count() > 2);
    assert!(["23", "23.5", "25", "24.5"].iter().all(|hour| hours.contains(&Some((*hour).to_owned()))));
    assert!(column("fold") == folds, "fold");
    assert!(column("fold_by_text") == folds, "fold_by_text");
    assert!(column("gap") == expected(|zone, at| zone.is_next_to_gap(at).to_string()), "gap");
    assert!(column("hours") == hours, "hours");
    assert!(column("of_date") == hours, "of_date");
    assert!(column("hours_by_text") == hours, "hours_by_text");
    assert!(column("berlin") == column("berlin_by_name"), "berlin");
    assert!(column("end") == column("end_of_date"), "end");
    assert!(column("none").iter().all(Option::is_none));
}

#[test]
fn an_instant_has_no_date_without_a_zone() {
    let refused = |expression: &str| {
        let text = format!("tables: {{t: {{rows: 1, columns: {{x: \"= {expression}\"}}}}}}");
        Plan::compile(&text, &Settings::default()).unwrap_err().to_string()
    };
    assert!(refused("is_month_end(as_of)").contains("say where, as in"));
    assert!(refused("in_fold(as_of, 'Europe/Berlim')").contains("unknown time zone `Europe/Berlim`"));
    assert!(refused("hours_of_day(1, 'UTC')").contains("expected date, found"));
}
