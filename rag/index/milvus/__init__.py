"""An index that a Milvus server keeps: vectors, words, texts and what is known of articles, in its collections.

In come rows; out comes what a question finds. A server of the page holds no state but what it has looked up.
"""
