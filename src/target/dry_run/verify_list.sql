SELECT key::text, columns::text FROM pg_temp.verify_differences WHERE what = $1::text ORDER BY key LIMIT $2::bigint
