//! Lists, through parquet's own column writers: they know the levels of nested values.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::SchemaDescPtr;

use super::float::{greatest_zero, least_zero};
use super::{ColumnChunk, interval};
use crate::format::Compression;
use crate::parquet::codec::parquet_compression;
use crate::parquet::schema;

/// Makes writers for one column: they take it for the only column of a file.
pub(super) struct Factory {
    writers: ArrowRowGroupWriterFactory,
    schema: SchemaDescPtr,
    properties: WriterPropertiesPtr,
    /// The column without intervals, which parquet does not know.
    field: FieldRef,
}

pub(super) struct NestedWriter<'f> {
    factory: &'f Factory,
    writer: ArrowColumnWriter,
}

impl Factory {
    pub(super) fn new(field: &FieldRef, compression: Compression) -> Result<Self, ParquetError> {
        let data_type = type_without_intervals(field.data_type());
        let field = Arc::new(field.as_ref().clone().with_data_type(data_type));
        let arrow_schema = Arc::new(Schema::new(vec![field.clone()]));
        let properties = WriterProperties::builder()
            .set_compression(parquet_compression(compression)?)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        let properties = Arc::new(properties);
        let root = Arc::new(schema::root(&arrow_schema)?);
        let file = SerializedFileWriter::new(Vec::new(), root, properties.clone())?;
        let schema = Arc::new(file.schema_descr().clone());
        Ok(Self { writers: ArrowRowGroupWriterFactory::new(&file, arrow_schema), schema, properties, field })
    }

    pub(super) fn writer(&self) -> Result<NestedWriter<'_>, ParquetError> {
        let mut writers = self.writers.create_column_writers(0)?;
        match (writers.pop(), writers.pop()) {
            (Some(writer), None) => Ok(NestedWriter { factory: self, writer }),
            _ => Err(ParquetError::General(format!("column `{}` does not have one leaf", self.field.name()))),
        }
    }
}

impl NestedWriter<'_> {
    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        for leaf in compute_leaves(&self.factory.field, &without_intervals(array)?)? {
            self.writer.write(&leaf)?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<ColumnChunk, ParquetError> {
        let Factory { schema, properties, .. } = self.factory;
        let mut out = TrackedWrite::new(Vec::new());
        let mut group = SerializedRowGroupWriter::new(schema.clone(), properties.clone(), &mut out, 0, None);
        self.writer.close()?.append_to_row_group(&mut group)?;
        let metadata = in_order_of_type(group.close()?.column(0).clone())?;
        Ok(ColumnChunk { bytes: vec![out.into_inner()?], metadata })
    }
}

/// Bounds of floats that hold in the order of the type, too: parquet's own are those of IEEE 754's total order.
fn in_order_of_type(column: ColumnChunkMetaData) -> Result<ColumnChunkMetaData, ParquetError> {
    let statistics = match column.statistics() {
        Some(Statistics::Float(statistics)) => Statistics::Float(without_nan(
            statistics,
            |number| least_zero(number.into()) as f32,
            |number| greatest_zero(number.into()) as f32,
        )),
        Some(Statistics::Double(statistics)) => {
            Statistics::Double(without_nan(statistics, least_zero, greatest_zero))
        }
        _ => return Ok(column),
    };
    column.into_builder().set_statistics(statistics).build()
}

fn without_nan<T: Copy>(
    of: &ValueStatistics<T>,
    least: impl Fn(T) -> T,
    greatest: impl Fn(T) -> T,
) -> ValueStatistics<T> {
    let has_nan = of.nan_count_opt() != Some(0);
    let bound = |bound: Option<&T>| bound.copied().filter(|_| !has_nan);
    let (least, greatest) = (bound(of.min_opt()).map(least), bound(of.max_opt()).map(greatest));
    ValueStatistics::new(least, greatest, None, of.null_count_opt(), false).with_nan_count(of.nan_count_opt())
}

fn type_without_intervals(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Interval(_) => DataType::Utf8,
        DataType::List(item) => DataType::List(item_without_intervals(item)),
        other => other.clone(),
    }
}

fn item_without_intervals(item: &Field) -> FieldRef {
    Arc::new(item.clone().with_data_type(type_without_intervals(item.data_type())))
}

fn without_intervals(array: &ArrayRef) -> Result<ArrayRef, ParquetError> {
    match array.data_type() {
        DataType::Interval(_) => Ok(Arc::new(interval::as_text(array))),
        DataType::List(item) if type_without_intervals(item.data_type()) != *item.data_type() => {
            let list = array.as_list::<i32>();
            let values = without_intervals(list.values())?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            Ok(Arc::new(ListArray::try_new(item_without_intervals(item), offsets, values, nulls)?))
        }
        _ => Ok(array.clone()),
    }
}
