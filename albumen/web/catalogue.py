CATALOGUE: list = []
