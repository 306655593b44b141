SELECT to_regclass(format('%I.loader_deliveries', $1::text)) IS NOT NULL
