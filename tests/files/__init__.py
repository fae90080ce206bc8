"""Files as people really get them: what each kind comes to, held by a test and shown in the docs.

Each area has a module of cases here. `docs/files.md` shows a row for each; `python -m tests.files`
writes these tables anew.
"""
