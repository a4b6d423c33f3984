"""The networks: the encoder, by which passages are found, and the reader.

In: texts. Out: vectors, and where in a passage the answer to a question stands.
"""
