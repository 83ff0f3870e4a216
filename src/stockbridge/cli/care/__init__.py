"""Examines, backs up, restores and migrates an installation.

Room: cli/care.
In: a file name.
Out: findings, files, an exit code.
Never: decides about orders or stock.
"""
