-- A DuckDB without ICU has neither the setting nor any other time zone.
SET TimeZone = 'UTC'
