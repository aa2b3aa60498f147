"""Contents of rating files, made from lines and read back as a mapping."""


def text(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def ratings_of(dataset) -> dict:
    data = dataset.interactions
    return {
        (dataset.user_ids[u], dataset.item_ids[i]): float(value)
        for u, i, value in zip(data.users, data.items, data.values, strict=True)
    }
