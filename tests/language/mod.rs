//! What words of the language mean, each as a small scenario with the values that follow; and bugs with their story.

mod adversarial;
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
use arrow::compute::concat_batches;
use arrow::datatypes::Int64Type;
use seedbed_engine::{Plan, Settings};

pub(crate) fn batch(scenario: &str, table: &str) -> RecordBatch {
    let plan = plan(scenario);
    let table = plan.table(table).expect("the table is there");
    plan.batch(table, 0..1000).expect("values exist")
}

pub(crate) fn plan(scenario: &str) -> Plan {
    Plan::compile(scenario, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}"))
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

pub(crate) fn faults(scenario: &str) -> String {
    Plan::compile(scenario, &Settings::default()).expect_err("the scenario is wrong").to_string()
}
