"""Torture: random money over HTTP from many clients, with kill -9 of everything, and then a reckoning.

The model: a client writes down what it is going to ask before it asks, and what it was told afterwards. What was not answered is
asked again with the same key, by the client that follows if its own process was killed, until there is an answer. So at the
end the notes of all clients say exactly what must be in the books: every effect that was acknowledged, once, and nothing that
was not asked for. `reckoning` compares, asks the database for its own invariants, and has hledger add everything up.

A torture test that catches no planted bug proves nothing: `plants` puts bugs into the running server, and each must be caught.

    make torture                                   some minutes of it
    python -m tests.torture --plant lost_update    one bug, which must be caught
"""
