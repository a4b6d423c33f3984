"""A corpus + models → an index that a Milvus server keeps, written by several shards side by side.

In come articles of a folder; out goes a generation that all who ask read from one moment on.
"""
