"""The networks: the encoder, what compares token by token, and the reader.

In: texts. Out: vectors, and where in a passage the answer to a question stands.
"""
