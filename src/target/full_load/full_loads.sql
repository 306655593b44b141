-- Full loads that were active when a loader ended: one row for each statement that rebuilds an index, with
-- the key's columns.
SELECT l.entity, s.statement,
       (SELECT string_agg(quote_ident(k.name), ', ' ORDER BY k.n) FROM unnest(l.key_columns) WITH ORDINALITY AS k (name, n)),
       (SELECT string_agg(format('t.%1$I = last.%1$I', k.name), ' AND ') FROM unnest(l.key_columns) AS k (name)),
       l.started_at
FROM {full_loads} l, unnest(l.statements) WITH ORDINALITY AS s (statement, n)
ORDER BY l.entity, s.n
