-- A file is loaded once into each table: when the comment of another table claims its prefix, that table loads it from the start.

ALTER TABLE loader_deliveries
    DROP CONSTRAINT loader_deliveries_object_key_generation_turn_key,
    ADD UNIQUE (object_key, entity, generation, turn);
