"""Attacks by one client, and their effect on other clients before, during and after each attack.

attack, catalogue      the requests that are sent
attacker, processes    the processes that send them
trial, bounds          one attack on one node, and its bounds
attacks_report         section of docs/faults.md
"""
