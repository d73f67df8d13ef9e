"""Attacks by one client, and the answers that other clients get before, during and after each.

attack, catalogue      what is sent
attacker, processes    the processes that send
trial, outcome         one attack on one node, with its bounds
report                 the section of docs/faults.md
"""
