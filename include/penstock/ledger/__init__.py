"""The ledger: the state, blocks, quarantine and validation results of every file.

It is the only truth about progress, and this package holds every query on the schema `ingest`.
Callers write `from penstock import ledger` and use the names below.
"""

from penstock.ledger.blocks import (
    BlockCounts,
    BlockToLoad,
    claim_blocks,
    mark_loaded,
    unloaded_blocks,
)
from penstock.ledger.coverage import COVERAGE
from penstock.ledger.files import (
    File,
    archived_files,
    files_by_id,
    files_in,
    files_to_archive,
    find,
    has_unfinished,
)
from penstock.ledger.incidents import (
    open_incidents,
    report_incident,
    resolve_incident,
)
from penstock.ledger.listing import (
    list_files,
    with_rows,
)
from penstock.ledger.mirrors import (
    approve_loss,
    approved_loss,
    forget_approvals,
    known_etags,
    mirror_identity,
    retire,
    set_mirror,
)
from penstock.ledger.notes import (
    add_absent_columns,
    add_notes,
    count_repeated_headers,
)
from penstock.ledger.quarantine import (
    first_refused,
    list_quarantine,
    quarantine_records,
)
from penstock.ledger.registration import (
    Member,
    late_version,
    register,
    register_again,
    register_members,
    register_replay,
    start_over,
)
from penstock.ledger.transitions import (
    Claim,
    forget,
    mark_archived,
    mark_claimed,
    mark_duplicates,
    mark_scanned,
    mark_unsettled,
    reject,
    supersede,
)
from penstock.ledger.troubles import (
    Trouble,
    collecting,
    to_trouble,
)
from penstock.ledger.validations import (
    CheckResult,
    ValidatedFile,
    check_results,
    keep_results,
    keep_suite,
    validated_files,
)
from penstock.ledger.versions import (
    UNCOVERED,
    earlier_versions,
    has_newer,
    newer_states,
    not_continued,
    older_in_flight,
    same_as_before,
    times_uncovered,
)
from penstock.ledger.waiting import (
    Waiting,
    check_nothing_waits,
    held_paths,
    hold_files,
    release_files,
    report_listing,
    waiting_files,
)

__all__ = [
    "COVERAGE",
    "UNCOVERED",
    "BlockCounts",
    "BlockToLoad",
    "CheckResult",
    "Claim",
    "File",
    "Member",
    "Trouble",
    "ValidatedFile",
    "Waiting",
    "add_absent_columns",
    "add_notes",
    "approve_loss",
    "approved_loss",
    "archived_files",
    "check_nothing_waits",
    "check_results",
    "claim_blocks",
    "collecting",
    "count_repeated_headers",
    "earlier_versions",
    "files_by_id",
    "files_in",
    "files_to_archive",
    "find",
    "first_refused",
    "forget",
    "forget_approvals",
    "has_newer",
    "has_unfinished",
    "held_paths",
    "hold_files",
    "keep_results",
    "keep_suite",
    "known_etags",
    "late_version",
    "list_files",
    "list_quarantine",
    "mark_archived",
    "mark_claimed",
    "mark_duplicates",
    "mark_loaded",
    "mark_scanned",
    "mark_unsettled",
    "mirror_identity",
    "newer_states",
    "not_continued",
    "older_in_flight",
    "open_incidents",
    "quarantine_records",
    "register",
    "register_again",
    "register_members",
    "register_replay",
    "reject",
    "release_files",
    "report_incident",
    "report_listing",
    "resolve_incident",
    "retire",
    "same_as_before",
    "set_mirror",
    "start_over",
    "supersede",
    "times_uncovered",
    "to_trouble",
    "unloaded_blocks",
    "validated_files",
    "waiting_files",
    "with_rows",
]
