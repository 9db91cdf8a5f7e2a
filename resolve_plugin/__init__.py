"""OTIO Bridge in DaVinci Resolve: standard library only, Python 3.9 to 3.14.

`install` puts launchers into Resolve's script menu; `actions` is what they do; `host` alone touches
the Resolve API.
"""
