-- A DuckDB without ICU doesn't know the setting, nor any other time zone.
SET TimeZone = 'UTC'
