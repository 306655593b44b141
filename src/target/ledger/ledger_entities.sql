-- What a transaction file brought to each table.
SELECT entity, created, amended, removed FROM {entities} WHERE delivery_id = $1::bigint AND created + amended + removed > 0
