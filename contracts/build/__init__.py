"""From readable template sources to the .docx templates that Word and LibreOffice open.

``python -m contracts.build`` reads ``templates/<locale>/<kind>.md`` and ``templates/<locale>/words.ini``
and writes ``templates/<locale>/<kind>.docx``. The same sources give the same bytes everywhere. The
source language is told in `contracts.build.source`.
"""
