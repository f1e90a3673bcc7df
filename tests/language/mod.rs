//! What words of the language mean, each as a small scenario with the values that follow; and bugs with their story.

mod lifecycles;
mod local_hours;
mod mixins;
mod recurrences;
mod references;
mod refusals;
mod siblings;
mod trees;
mod values;
mod walks;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use seedbed_engine::{Plan, Settings};

pub(crate) fn batch(scenario: &str, table: &str) -> RecordBatch {
    let plan = Plan::compile(scenario, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}"));
    let table = plan.table(table).expect("the table is there");
    plan.batch(table, 0..1000).expect("values exist")
}

pub(crate) fn numbers(batch: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let array = batch.column_by_name(column).expect("the column is there");
    array.as_primitive::<Int64Type>().iter().collect()
}

pub(crate) fn faults(scenario: &str) -> String {
    Plan::compile(scenario, &Settings::default()).expect_err("the scenario is wrong").to_string()
}
