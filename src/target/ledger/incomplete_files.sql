-- Files that are not, or not completely, in their table until an operator replays or skips them: quarantined, or with
-- rejected rows. The newest row of an object key and entity counts, and a reload replaces everything before it. Only
-- entities that exist in the schema $1 (transaction files have a prefix instead of an entity), because files of others
-- can't be replayed. Reads the partial index loader_deliveries_incomplete.
SELECT l.*
FROM {ledger} l
WHERE (l.status = 'quarantined' OR l.rejected > 0)
  AND NOT EXISTS (SELECT FROM {ledger} n WHERE n.object_key = l.object_key AND n.entity = l.entity AND (n.generation, n.turn) > (l.generation, l.turn))
  AND l.generation >= (SELECT coalesce(max(g.generation), 1) FROM {ledger} g WHERE g.entity = l.entity AND g.kind = 'full_load')
  AND (l.entity LIKE '%/' OR to_regclass(format('%I.%I', $1::text, l.entity)) IS NOT NULL)
