SET allowed_paths = [{paths}]
