"""The engine: one local process per user that keeps paid work alive and serves every window.

`app` puts the HTTP routes together, `desk` keeps the open timelines in memory, `orders` carries
out what takes long, `edits` hands changes to hosts, `security` decides who may speak at all.
"""
