"""The index folder: its generations, and searching the newest by vectors, by words and by filters.

In: passages with their vectors; a question's vector and words. Out: the passages nearest to it. Knows no files.
"""
