UPDATE {ledger} SET noted_etag = $2, noted_modified = $3::timestamptz WHERE delivery_id = $1
