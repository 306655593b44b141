-- What each table had of a transaction file.
SELECT entity, created, amended, removed FROM {entities} WHERE delivery_id = $1::bigint AND created + amended + removed > 0
