-- Deletes a row of the file from the staging table: one change, or two where its key changes (they have the
-- same line). Returns its position in the file. $1: the row's number.
WITH place AS (
    SELECT line, byte_offset, raw FROM pg_temp.row_positions WHERE {row} = $1::bigint
), gone AS (
    DELETE FROM {staging} AS i USING pg_temp.row_positions AS p, place
    WHERE p.line = place.line AND i.{row} = p.{row}
    RETURNING i.{row}, {value} AS value
)
SELECT place.line, place.byte_offset, encode(place.raw, 'hex'), left(gone.value, 200)
FROM place JOIN gone ON gone.{row} = $1::bigint
