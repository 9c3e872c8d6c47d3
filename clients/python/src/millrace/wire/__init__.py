"""Bytes ⇄ values exactly as ``protocol/MILLRACE.md`` says; no input or output here.

Every decoder takes foreign bytes and either returns a value or raises
:class:`millrace.errors.FrameError`; nothing else can come out of it.
"""
