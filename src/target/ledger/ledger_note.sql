-- Beside the ETag that was loaded, which stays: it is part of what find_committed() looks for.
UPDATE {ledger} SET noted_etag = $2, noted_modified = $3::timestamptz WHERE delivery_id = $1
