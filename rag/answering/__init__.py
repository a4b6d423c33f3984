"""From a question to an answer: query rewriting, retrieval and reranking, reading, extracts.

In: a question and an open index. Out: an answer, each extract with its citation.
"""
