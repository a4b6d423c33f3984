"""The server: who may come in, how much each may ask for, and what programs are told.

In: requests, of anyone. Out: those that are fit, in turn; and the endpoints' replies.
"""
