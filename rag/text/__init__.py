"""What is written: writing systems, sentences, words, numbers, dates and quantities.

In: a text. Out: its parts, as offsets or in the one form in which ways of writing meet. Knows of no article.
"""
