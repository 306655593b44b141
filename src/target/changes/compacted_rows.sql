-- The incoming rows when they came folded (staging.hpp): each key stands there once, in order.
NOT MATERIALIZED (SELECT * FROM {staging})
