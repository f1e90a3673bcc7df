//! Arrow's IPC file format.

use std::io::BufReader;
use std::path::Path;

use arrow_ipc::reader::FileReader;

use super::{Shape, Take, open};

pub(super) fn read(path: &Path, shape: &Shape, take: &Take) -> Result<(), String> {
    let reader = FileReader::try_new(BufReader::new(open(path)?), None).map_err(|error| error.to_string())?;
    shape.check(reader.schema().fields().iter().map(|field| field.name().as_str()))?;
    for batch in reader {
        take(&shape.select(&batch.map_err(|error| error.to_string())?)?)?;
    }
    Ok(())
}
