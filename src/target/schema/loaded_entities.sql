-- Which of the entities $1 have been loaded before.
SELECT entity
FROM unnest($1::text[]) AS e (entity)
WHERE EXISTS (SELECT FROM {deliveries} d WHERE d.entity = e.entity AND d.status = 'loaded')
   OR EXISTS (SELECT FROM {entities} d WHERE d.entity = e.entity)
