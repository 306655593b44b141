-- Keys of updates that found no row: see verify_doubtful.sql.
CREATE TEMPORARY TABLE verify_doubtful (key jsonb)
