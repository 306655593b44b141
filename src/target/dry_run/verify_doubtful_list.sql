SELECT key::text, count(*) OVER () FROM (SELECT DISTINCT key FROM pg_temp.verify_doubtful) AS each ORDER BY key LIMIT $1::bigint
