"""What the cases of the bench share: a PostgreSQL of its own, data with a fixed seed, timed runs, results."""
