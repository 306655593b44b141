SELECT entity, column_name, delivery_id FROM {added_columns}
