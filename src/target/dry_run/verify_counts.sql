SELECT (SELECT count(*) FROM {expected}), (SELECT count(*) FROM {table}),
       count(*) FILTER (WHERE what = 'missing'), count(*) FILTER (WHERE what = 'extra'),
       count(*) FILTER (WHERE what = 'different')
FROM pg_temp.verify_differences
