"""How well an index answers.

In: questions whose answers are known, and a retriever. Out: what came of each, and figures, tables and pictures of it.
"""
