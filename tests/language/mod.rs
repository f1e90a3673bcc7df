//! What words of the language mean, each as a small scenario with the values that follow; and bugs with their story.

mod adversarial;
mod lifecycles;
mod local_hours;
mod mixins;
mod rates;
mod recurrences;
mod references;
mod refusals;
mod siblings;
mod trees;
mod values;
mod walks;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use seedbed_engine::{Plan, Settings};

pub(crate) fn batch(scenario: &str, table: &str) -> RecordBatch {
    let plan = plan(scenario);
    let table = plan.table(table).expect("the table is there");
    plan.batch(table, 0..1000).expect("values exist")
}

pub(crate) fn plan(scenario: &str) -> Plan {
    Plan::compile(scenario, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}"))
}

pub(crate) fn plan_at(scenario: &str, as_of: &str) -> Plan {
    let settings = Settings { as_of: Some(as_of.to_owned()), ..Settings::default() };
    Plan::compile(scenario, &settings).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The whole of a table, in one batch.
pub(crate) fn in_bulk(plan: &Plan, table: &str) -> RecordBatch {
    let table = plan.table(table).expect("the table is there");
    plan.batch(table, 0..plan.rows(table).expect("it can be counted")).expect("values exist")
}

/// The whole of a table, in batches of so many rows, that begin where they may.
pub(crate) fn whole(plan: &Plan, table: &str, step: u64) -> RecordBatch {
    let table = plan.table(table).expect("the table is there");
    let rows = plan.rows(table).expect("it can be counted");
    let batches: Vec<RecordBatch> = (0..rows)
        .step_by(step as usize)
        .map(|start| plan.batch(table, start..start + step).expect("values exist"))
        .collect();
    concat_batches(&plan.schema(table), &batches).expect("they have one schema")
}

pub(crate) fn numbers(batch: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let array = batch.column_by_name(column).expect("the column is there");
    array.as_primitive::<Int64Type>().iter().collect()
}

pub(crate) fn instants(batch: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let array = batch.column_by_name(column).expect("the column is there");
    array.as_primitive::<TimestampMicrosecondType>().iter().collect()
}

pub(crate) fn texts(batch: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let array = batch.column_by_name(column).expect("the column is there");
    let array = cast(array, &DataType::Utf8).expect("texts have one form");
    array.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

pub(crate) fn faults(scenario: &str) -> String {
    Plan::compile(scenario, &Settings::default()).expect_err("the scenario is wrong").to_string()
}
