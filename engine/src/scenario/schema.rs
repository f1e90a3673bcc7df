//! The JSON Schema (draft 2020-12) of the scenario language, made from the same table as everything else that is
//! said about generators. Editors complete, check and explain a scenario with it.
//!
//! It knows the shape of a scenario. What a name refers to and whether an expression holds is for
//! [`Plan::compile`](crate::Plan::compile) to say.

use serde_json::{Map, Value, json};

use crate::generators::{ArgumentDoc, ArgumentKind, EVERY, GENERATORS, GeneratorDoc, RATE};

/// The schema.
///
/// ```
/// let schema = seedbed_engine::scenario::schema::schema();
/// assert_eq!(schema["required"][0], "tables");
/// ```
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "seedbed scenario",
        "description": "A description of a database, from which seedbed makes its data.",
        "type": "object",
        "required": ["tables"],
        "additionalProperties": false,
        "properties": {
            "scenario": described(json!({"type": "string"}), "The name of the scenario."),
            "about": described(json!({"type": "string"}), "A sentence about the scenario."),
            "as_of": described(json!({"type": "string"}), "The dataset's \"now\", a date or an instant such as 2026-04-13T00:00:00Z; default 2026-01-01."),
            "since": described(json!({"type": "string"}), "Where history begins; expressions use it as `since`."),
            "params": {
                "description": "Parameters: used as `$name`, set with `--set name=value`.",
                "type": "object",
                "propertyNames": reference("name"),
                "additionalProperties": reference("param"),
            },
            "mixins": {
                "description": "Columns that several tables have, by the name with which a table takes them: `mixins: [timestamps]`.",
                "type": "object",
                "propertyNames": reference("name"),
                "additionalProperties": reference("mixin"),
            },
            "tables": {
                "description": "The tables, by name.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": reference("name"),
                "additionalProperties": reference("table"),
            },
            "cases": {
                "description": "Rows that have a name, such as the hard ones of a calendar; their keys are listed with the data.",
                "type": "object",
                "propertyNames": reference("name"),
                "additionalProperties": reference("case"),
            },
            "checks": {
                "description": "SQL queries that give no row when all is well; `seedbed verify` runs them on PostgreSQL.",
                "type": "object",
                "propertyNames": reference("name"),
                "additionalProperties": reference("query"),
            },
        },
        "$defs": definitions(),
    })
}

fn definitions() -> Value {
    json!({
        "name": {"type": "string", "minLength": 1, "maxLength": 63, "pattern": "^[^/\\\\.{}$]+$"},
        "number": {
            "description": "A number, a parameter such as `$tenants`, or an expression of parameters.",
            "type": ["number", "string"],
        },
        "scalar": {"type": ["string", "number", "boolean", "null"]},
        "expression": {
            "description": "An SQL expression over the row, its ancestors, referenced rows, `$parameters` and `as_of`.",
            "type": ["string", "number", "boolean"],
        },
        "columns": {
            "description": "A column, or a list of columns.",
            "anyOf": [
                {"type": "string"},
                {"type": "array", "minItems": 1, "maxItems": 32, "items": {"type": "string"}},
            ],
        },
        "columnLists": {
            "description": "A column, or a list of columns and of lists of columns: `[[tenant_id, slug], email]`.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": reference("columns")}],
        },
        "checks": {
            "description": "A condition in SQL, or a list of them.",
            "anyOf": [reference("expression"), {"type": "array", "items": reference("expression")}],
        },
        "foreignKey": {
            "type": "object",
            "required": ["columns", "to"],
            "additionalProperties": false,
            "properties": {
                "columns": described(reference("columns"), "The columns of this table."),
                "to": described(json!({"type": "string"}), "The table they refer to."),
                "references": described(reference("columns"), "The columns there, a key; default the primary key."),
            },
        },
        "share": {"description": "A share such as `5%` or `0.05`.", "type": ["number", "string"]},
        "weights": {
            "description": "A list to choose from evenly, or a map from values to weights.",
            "anyOf": [
                {"type": "array", "minItems": 1, "items": reference("scalar")},
                {"type": "object", "minProperties": 1, "additionalProperties": reference("share")},
            ],
        },
        "param": {
            "anyOf": [
                {"type": ["string", "number", "boolean"]},
                {
                    "type": "object",
                    "required": ["default"],
                    "additionalProperties": false,
                    "properties": {
                        "default": described(json!({"type": ["string", "number", "boolean"]}), "The value when none is set; its type is the parameter's."),
                        "min": described(json!({"type": ["number", "string"]}), "The least value allowed."),
                        "max": described(json!({"type": ["number", "string"]}), "The greatest value allowed."),
                        "help": described(json!({"type": "string"}), "A sentence of help."),
                    },
                },
            ],
        },
        "mixin": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "about": described(json!({"type": "string"}), "A sentence about the columns."),
                "let": columns("letColumn", "Columns that are used and not written."),
                "columns": columns("column", "Columns that come after those of the table."),
            },
        },
        "history": {
            "description": "A lifecycle by table and name, perhaps with states: `orders.life in (shipped, delivered)`.",
            "type": "string",
            "pattern": "^[^.]+\\..+$",
        },
        "table": table(),
        "query": query(),
        "case": case(),
        "column": column(false),
        "letColumn": column(true),
    })
}

/// A check of the whole dataset.
fn query() -> Value {
    json!({
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "required": ["sql"],
                "additionalProperties": false,
                "properties": {
                    "sql": described(json!({"type": "string"}), "A query of the rows that must not be."),
                    "about": described(json!({"type": "string"}), "A sentence about the check."),
                },
            },
        ],
    })
}

/// Rows that have a name.
fn case() -> Value {
    json!({
        "type": "object",
        "required": ["in"],
        "anyOf": [{"required": ["where"]}, {"required": ["pin"]}, {"required": ["row"]}, {"required": ["of"]}],
        "additionalProperties": false,
        "properties": {
            "about": described(json!({"type": "string"}), "A sentence about the case."),
            "in": described(json!({"type": "string"}), "The table."),
            "where": described(reference("expression"), "The condition for which its rows are found."),
            "at least": described(reference("number"), "How many rows there have to be; default 1. Fewer fail the run."),
            "list": described(reference("number"), "The keys of how many rows are listed; default 10."),
            "row": described(reference("number"), "One row: its number in the table, from 1; default 1."),
            "of": described(json!({"type": "string"}), "One row: the case that is its parent."),
            "ordinal": described(reference("number"), "With `of`: the number among the children, from 1; default 1."),
            "pin": {
                "description": "Values that columns of the row have, whatever their generators say; `{case: name}` for a reference.",
                "type": "object",
                "additionalProperties": {
                    "anyOf": [
                        reference("scalar"),
                        {
                            "type": "object",
                            "required": ["case"],
                            "additionalProperties": false,
                            "properties": {"case": described(json!({"type": "string"}), "The case that is the row referred to.")},
                        },
                    ],
                },
            },
            "moves": described(reference("columns"), "Tables whose other rows may become others, because a pinned value decides how many there are."),
        },
    })
}

/// A map from names to columns.
fn columns(of: &str, description: &str) -> Value {
    json!({
        "description": description,
        "type": "object",
        "propertyNames": reference("name"),
        "additionalProperties": reference(of),
    })
}

fn table() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "oneOf": [
            {"required": ["rows"]},
            {"required": ["per", "count"]},
            {"required": ["per", "every"]},
            {"required": ["per", "rate"]},
            {"required": ["history_of"]},
        ],
        "properties": {
            "about": described(json!({"type": "string"}), "A sentence about the table."),
            "rows": {
                "description": "A root table: how many rows, or the rows themselves.",
                "anyOf": [
                    reference("number"),
                    {"type": "array", "items": {"type": "object", "additionalProperties": reference("scalar")}},
                ],
            },
            "scaled": described(json!({"type": "boolean"}), "Whether `--scale` multiplies `rows`; default true."),
            "per": described(json!({"type": "string"}), "Children: the parent table."),
            "count": described(reference("column"), "How many children each parent has: a number, a distribution, or an expression over the parent."),
            "every": described(arguments(&EVERY), &format!("Children in time: {}", EVERY.summary)),
            "rate": described(arguments(&RATE), &format!("Children in time: {}", RATE.summary)),
            "history_of": {
                "description": "A row for each step of a lifecycle of another table, as in `subscriptions.life`; that table is the parent.",
                "anyOf": [
                    reference("history"),
                    {
                        "type": "object",
                        "required": ["of"],
                        "additionalProperties": false,
                        "properties": {
                            "of": described(reference("history"), "The lifecycle."),
                            "first": described(json!({"type": "boolean"}), "Whether the first step is a row; default true."),
                        },
                    },
                ],
            },
            "times": {
                "description": "Factors on the count: an expression over the parent, or a map from a column's values to factors, as in `{plan: {enterprise: 20}}`.",
                "anyOf": [
                    reference("expression"),
                    {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": reference("number")}},
                ],
            },
            "min": described(reference("number"), "No parent has fewer children."),
            "max": described(reference("number"), "No parent has more children."),
            "key": described(json!({"type": "string"}), "The column that references show; default `id`, else the column that is plainly `serial`."),
            "primary key": described(reference("columns"), "The primary key; default the column that references show, if it is unique."),
            "unique": described(reference("columnLists"), "Keys besides: columns that are together unique."),
            "index": described(reference("columnLists"), "Indexes; those of foreign keys come by themselves."),
            "check": described(reference("checks"), "Conditions over the columns of a row, as in `closed_at >= created_at`; the database checks them."),
            "foreign key": {
                "description": "Foreign keys over several columns; those of single columns follow from their generators.",
                "anyOf": [reference("foreignKey"), {"type": "array", "items": reference("foreignKey")}],
            },
            "mixins": described(reference("columns"), "The mixins whose columns the table has besides its own."),
            "let": columns("letColumn", "Columns that are used and not written."),
            "columns": columns("column", "The columns, in order."),
        },
    })
}

/// What a column holds; groups of values belong under `let`.
fn column(groups: bool) -> Value {
    let generators = || GENERATORS.iter().filter(move |generator| groups || !generator.group);
    let mut properties = Map::new();
    properties.insert("null".into(), described(reference("share"), "The share of NULLs put in."));
    properties.insert(
        "adversarial".into(),
        described(
            reference("share"),
            "The share of values that break software: of texts, numbers, dates and times.",
        ),
    );
    properties.insert(
        "unique".into(),
        described(
            json!({"type": "boolean"}),
            "Whether no value may occur twice; refused where that cannot be guaranteed.",
        ),
    );
    properties.insert(
        "type".into(),
        described(
            json!({"type": "string"}),
            "The SQL type, such as `smallint`, `numeric(10,2)`, `varchar(80)`, `inet`, or `enum` for a closed choice.",
        ),
    );
    if !groups {
        properties.insert(
            "references".into(),
            described(
                json!({"type": "string"}),
                "The foreign key, `table` or `table.column`; `none` for none, although one follows from the generator.",
            ),
        );
        properties.insert(
            "index".into(),
            described(json!({"type": "boolean"}), "Whether the column has an index."),
        );
    }
    properties.insert("about".into(), described(json!({"type": "string"}), "A sentence about the column."));
    // A column of literal rows has modifiers alone.
    let modified = ["type", "unique", "references", "index"].map(|name| json!({"required": [name]}));
    let mut exactly_one = vec![json!({
        "anyOf": modified,
        "not": {"anyOf": required(generators())},
    })];
    exactly_one.extend(required(generators()));
    let words = generators()
        .filter(|generator| generator.arguments.iter().all(|argument| !argument.required))
        .map(|generator| json!({"const": generator.name, "description": explained(generator)}));
    let mut forms = vec![
        json!({"description": "An SQL expression.", "type": "string", "pattern": "^="}),
        json!({"description": "The same value in every row.", "type": ["number", "boolean"]}),
    ];
    forms.extend(words);
    for generator in generators() {
        properties.insert(generator.name.into(), described(arguments(generator), &explained(generator)));
    }
    forms.push(json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "oneOf": exactly_one,
    }));
    json!({"anyOf": forms})
}

fn required<'g>(generators: impl Iterator<Item = &'g GeneratorDoc>) -> Vec<Value> {
    generators.map(|generator| json!({"required": [generator.name]})).collect()
}

/// What stands behind a generator's name: a map of its arguments, or the value of its main one.
fn arguments(generator: &GeneratorDoc) -> Value {
    let properties: Map<String, Value> =
        generator.arguments.iter().map(|a| (a.name.to_owned(), argument(a))).collect();
    let needed: Vec<&str> = generator.arguments.iter().filter(|a| a.required).map(|a| a.name).collect();
    let mut forms = vec![json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": needed,
    })];
    if let Some(short) = generator.arguments.iter().find(|a| Some(a.name) == generator.short) {
        forms.push(argument(short));
    }
    if needed.is_empty() {
        forms.push(json!({"type": "null"}));
    }
    json!({"anyOf": forms})
}

fn argument(argument: &ArgumentDoc) -> Value {
    let kind = match argument.kind {
        ArgumentKind::Number => reference("number"),
        ArgumentKind::Share => reference("share"),
        ArgumentKind::Expression => reference("expression"),
        ArgumentKind::Word => json!({"type": "string"}),
        ArgumentKind::Boolean => json!({"type": "boolean"}),
        ArgumentKind::Text => json!({"type": ["string", "number"]}),
        ArgumentKind::Weights => reference("weights"),
        ArgumentKind::Spec => reference("column"),
        ArgumentKind::Specs => json!({"type": "object", "additionalProperties": reference("column")}),
        ArgumentKind::Any => json!({"type": ["string", "number", "object", "array"]}),
    };
    described(kind, argument.summary)
}

fn explained(generator: &GeneratorDoc) -> String {
    format!("{}\n\nExample: `{}`", generator.summary, generator.example)
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

fn reference(definition: &str) -> Value {
    json!({"$ref": format!("#/$defs/{definition}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_is_defined() {
        fn walk(value: &Value, definitions: &Value) {
            match value {
                Value::Object(map) => map.iter().for_each(|(key, value)| match (key.as_str(), value) {
                    ("$ref", Value::String(to)) => {
                        let name = to.strip_prefix("#/$defs/").unwrap();
                        assert!(definitions.get(name).is_some(), "{to}");
                    }
                    _ => walk(value, definitions),
                }),
                Value::Array(items) => items.iter().for_each(|item| walk(item, definitions)),
                _ => {}
            }
        }
        let schema = schema();
        walk(&schema, &schema["$defs"]);
    }

    #[test]
    fn every_generator_is_there_with_its_arguments() {
        let schema = schema();
        let forms = schema["$defs"]["letColumn"]["anyOf"].as_array().unwrap();
        let map = forms.last().unwrap();
        for generator in GENERATORS {
            let arguments = &map["properties"][generator.name]["anyOf"][0]["properties"];
            assert_eq!(arguments.as_object().unwrap().len(), generator.arguments.len(), "{}", generator.name);
        }
    }
}
