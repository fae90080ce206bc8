"""All cases, by the heading under which `docs/files.md` shows them."""

from tests.files import containers, csv, encodings, fixed, json, logs, types

AREAS = {
    "CSV": csv.CASES,
    "Encodings": encodings.CASES,
    "Containers": containers.CASES,
    "JSON": json.CASES,
    "Fixed width": fixed.CASES,
    "Logs and lines": logs.CASES,
    "Times, numbers and other values": types.CASES,
}
ALL = [case for cases in AREAS.values() for case in cases]
