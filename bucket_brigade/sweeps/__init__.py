"""Sweeps: whole diagrams of games, resumable, on one machine or many.

A *plan* (`plan`) says which games (`axes`) and what is to be computed of each (`tasks`). What is
computed goes to one file (`store`), and what is read from it is a *table* (`table`), a row a point,
which is drawn (`pictures`) and in which verdicts change somewhere (`boundaries`). `running` puts
these together over processes of this machine (`pool`) or a Ray cluster (`on_ray`).
"""
