"""From a folder to passages: files are found, read, cleaned, freed of boilerplate, and cut.

In: a folder of files. Out: articles, their passages, and which passages say the same.
"""
