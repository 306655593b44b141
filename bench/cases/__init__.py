"""The cases of the bench, one a module: each has run(bench) and says in its docstring what is compared."""
