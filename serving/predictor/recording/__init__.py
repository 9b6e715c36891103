"""What the predictor keeps of each scored unit, and how that reaches the object store.

The server appends to segments in a folder before it answers; a process of its own, `secom ship`,
writes whole segments to the store as Parquet and removes them. Locks tell one of the other: a
segment's is held by whoever writes or ships it, the folder's by every living writer. Locks end
with their process, however that ends.
"""
