-- Waits for all transactions that have locked the row by full_load_goes_on.sql; afterwards none can lock it.
DELETE FROM {full_loads} WHERE entity = $1
