-- For staging rows that were compacted before they were sent (copy/row_copy.hpp): each key once, in the order
-- of the keys. Nothing is left to sort, so no copy is materialized.
NOT MATERIALIZED (SELECT * FROM {staging})
