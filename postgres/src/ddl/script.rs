//! The whole of a schema as one script for `psql`.

use seedbed_engine::hidden::is_hidden;

use super::Schema;
use crate::sql::identifier;

/// Whether a script holds keys, indexes, checks and foreign keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraints {
    /// It does.
    With,
    /// Only types and tables, as for a load that adds the rest afterwards.
    Without,
}

impl Schema {
    /// A script that makes the tables, as `psql -1 -v ON_ERROR_STOP=1 -f -` runs it: without a transaction of its own, like the
    /// scripts of `pg_dump`. Another schema than `public` is made when it is not there.
    pub fn script(&self, schema: &str, constraints: Constraints) -> String {
        let mut script = format!("-- The tables of the scenario {}.\n", on_one_line(&self.scenario));
        for left_out in &self.left_out {
            script += &format!(
                "-- Without the foreign key of {} ({}): {} is not among the tables.\n",
                on_one_line(&left_out.table),
                on_one_line(&left_out.columns.join(", ")),
                on_one_line(&left_out.target)
            );
        }
        let mut group = |statements: Vec<String>| {
            if !statements.is_empty() {
                script.push('\n');
                statements.iter().for_each(|statement| script += &format!("{statement};\n"));
            }
        };
        let mut first = vec!["SET client_encoding = 'UTF8'".to_owned()];
        // Nothing of a database's owner is to be taken for a type or an operator of the server's. Types of extensions may be in
        // any schema, and are found on the path that there is.
        if self.extensions.is_empty() {
            first.push("SET search_path TO pg_catalog, pg_temp".to_owned());
        }
        if schema != "public" {
            first.push(format!("CREATE SCHEMA IF NOT EXISTS {}", identifier(schema)));
        }
        first.extend(self.extensions.iter().map(|name| format!("CREATE EXTENSION IF NOT EXISTS {name}")));
        group(first);
        group(self.enums.iter().map(|each| each.create(schema)).collect());
        for table in &self.tables {
            let mut statements = vec![table.create(schema)];
            statements.extend(table.comments(schema));
            group(statements);
        }
        if constraints == Constraints::Without {
            return script;
        }
        for table in &self.tables {
            let name = table.name.as_str();
            let primary = table.primary.iter().map(|key| key.add_whole(schema, name, "PRIMARY KEY"));
            let unique = table.unique.iter().map(|key| key.add_whole(schema, name, "UNIQUE"));
            let indexes = table.indexes.iter().map(|index| index.create(schema, name));
            group(primary.chain(unique).chain(table.add_checks(schema)).chain(indexes).collect());
        }
        // Every key exists before a foreign key refers to it.
        for table in &self.tables {
            group(table.foreign.iter().map(|key| key.add(schema, &table.name)).collect());
        }
        script
    }
}

/// A text that cannot leave the line of a comment, and does not turn what stands beside it around.
fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect()
}
