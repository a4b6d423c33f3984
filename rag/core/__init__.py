"""What all stages share: the values that travel between them, checks of arguments, and files opened safely.

In: whatever a program or a folder holds. Out: values that hold what they say, or an error of ``rag.errors``.
"""
