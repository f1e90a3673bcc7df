//! Lists, through parquet's own column writers: they know the levels of nested values.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{FieldRef, Schema};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::Type as Physical;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::SchemaDescPtr;

use super::bloom::FALSE_POSITIVES;
use super::float::{greatest_zero, least_zero};
use super::index::PageIndex;
use super::pages::ROWS_PER_PAGE;
use super::{ColumnChunk, ColumnSettings, bloom};
use crate::parquet::codec::parquet_compression;
use crate::parquet::schema;

/// Makes writers for one column: they take it for the only column of a file.
pub(super) struct Factory {
    writers: ArrowRowGroupWriterFactory,
    schema: SchemaDescPtr,
    properties: WriterPropertiesPtr,
    field: FieldRef,
}

pub(super) struct NestedWriter<'f> {
    factory: &'f Factory,
    writer: ArrowColumnWriter,
}

impl Factory {
    pub(super) fn new(field: &FieldRef, settings: ColumnSettings) -> Result<Self, ParquetError> {
        let arrow_schema = Arc::new(Schema::new(vec![field.clone()]));
        let mut properties = WriterProperties::builder()
            .set_compression(parquet_compression(settings.compression)?)
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_data_page_row_count_limit(ROWS_PER_PAGE);
        if let Some(values) = settings.bloom_values {
            properties = properties
                .set_bloom_filter_enabled(true)
                .set_bloom_filter_fpp(FALSE_POSITIVES)
                .set_bloom_filter_max_ndv(values);
        }
        let properties = Arc::new(properties.build());
        let root = Arc::new(schema::root(&arrow_schema)?);
        let file = SerializedFileWriter::new(Vec::new(), root, properties.clone())?;
        let schema = Arc::new(file.schema_descr().clone());
        let field = field.clone();
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
        for leaf in compute_leaves(&self.factory.field, array)? {
            self.writer.write(&leaf)?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<ColumnChunk, ParquetError> {
        let Factory { schema, properties, .. } = self.factory;
        let mut out = TrackedWrite::new(Vec::new());
        let mut chunk = self.writer.close()?;
        let bloom = chunk.close_mut().bloom_filter.take();
        let mut index = None;
        let on_close = |_: &mut TrackedWrite<_>, _, _, mut bounds: Vec<_>, mut offsets: Vec<_>| {
            index =
                offsets.pop().flatten().map(|offsets| PageIndex { offsets, bounds: bounds.pop().flatten() });
            Ok(())
        };
        let mut group = SerializedRowGroupWriter::new(
            schema.clone(),
            properties.clone(),
            &mut out,
            0,
            Some(Box::new(on_close)),
        );
        chunk.append_to_row_group(&mut group)?;
        let metadata = group.close()?.column(0).clone();
        let is_float = matches!(metadata.column_type(), Physical::FLOAT | Physical::DOUBLE);
        if let Some(index) = index.as_mut().filter(|_| is_float) {
            // They are in the other order, and rarely asked for.
            index.bounds = None;
        }
        let bloom = bloom.map(|filter| bloom::bytes(&filter)).transpose()?;
        Ok(ColumnChunk {
            bytes: vec![out.into_inner()?],
            metadata: in_order_of_type(metadata)?,
            index,
            bloom,
        })
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
