-- In addition to the ETag that was loaded, which stays: find_committed() searches for it.
UPDATE {ledger} SET noted_etag = $2, noted_modified = $3::timestamptz WHERE delivery_id = $1
