"""The words of findings, by code. `%(table)s` and `%(row)s` name the place, the other facts are those of the check."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _


class Words(NamedTuple):
    """A sentence about the finding, and what to do."""

    sentence: Any
    what_to_do: Any


ALTERED = _("Somebody wrote past Redate. Compare with a backup from before, and ask who had the database's password.")
GONE = _("Take the row from a backup made before, and ask who had the database's password.")
FORGED = _(
    "The row was not written by Redate at that time. Ask who had the database's password, and do not rely on it."
)
LIVE = _("Compare the record with its history, put it right through Redate, and ask who had the database's password.")
SEALS = _("Compare with the heads kept elsewhere and with a backup: which seals were made by Redate?")
HEADS = _("Look at the file, and at the mails with heads: they tell which seals there were.")
ADMIN = _("Ask the administrators whether this was theirs, and put it right under People.")

CODES: dict[str, Words] = {
    "row_altered": Words(_("%(table)s, row %(row)s is not what seal #%(seal)s holds: it was altered."), ALTERED),
    "row_deleted": Words(_("%(table)s, row %(row)s is gone; seal #%(seal)s holds its leaf: it was deleted."), GONE),
    "row_late": Words(
        _("%(table)s, row %(row)s says it is of %(at)s, but was not there at seal #%(seal)s: it was put in later."),
        FORGED,
    ),
    "columns_gone": Words(
        _("%(table)s no longer has the columns %(columns)s, which seals from #%(seal)s on hold."),
        _("A sealed column must never be dropped or renamed. Go back to the version of Redate that had it."),
    ),
    "kind_unknown": Words(
        _("Seals hold rows of %(table)s, which this version of Redate does not know."),
        _("Run the version of Redate that wrote them."),
    ),
    "seals_missing": Words(
        _("%(table)s: %(missing)s seals are missing from #%(first)s on, before row %(row)s, seal #%(seal)s."), SEALS
    ),
    "chain_broken": Words(
        _("%(table)s, row %(row)s: seal #%(seal)s does not continue the seal before it: the chain is broken."), SEALS
    ),
    "seal_altered": Words(_("%(table)s, row %(row)s: seal #%(seal)s is not what its own head says."), SEALS),
    "mac_wrong": Words(
        _("%(table)s, row %(row)s: the signature of seal #%(seal)s was not made with the key it names."), SEALS
    ),
    "key_missing": Words(
        _("%(table)s, row %(row)s: seal #%(seal)s was signed with the key %(key)s, which is not here."),
        _("Put the old key into SEAL_KEYS_OLD. If nobody has it, the seals made with it prove nothing."),
    ),
    "leaves_differ": Words(
        _("%(table)s, row %(row)s: seal #%(seal)s says it has %(said)s leaves, and has %(held)s."), SEALS
    ),
    "root_differs": Words(
        _("%(table)s, row %(row)s: the leaves of seal #%(seal)s do not give its root: one was altered or exchanged."),
        SEALS,
    ),
    "leaves_without_seal": Words(_("%(table)s holds %(rows)s leaves of seal #%(seal)s, which is missing."), SEALS),
    "heads_missing": Words(
        _("The file of heads %(file)s is missing."),
        _("Was it moved? Without it a cut end of the trail cannot be seen. Compare with the mails of heads."),
    ),
    "heads_unreadable": Words(_("The file of heads %(file)s cannot be read: %(why)s"), HEADS),
    "heads_behind": Words(
        _("The file of heads %(file)s lacks the newest %(missing)s, up to seal #%(seal)s: it is an older copy."),
        _("Run `manage.py seal`, which writes what is missing. If the file was replaced, ask by whom."),
    ),
    "head_differs": Words(
        _("%(table)s, row %(row)s: seal #%(seal)s has another head than the one kept outside (%(head)s…)."), SEALS
    ),
    "copy_restored": Words(
        _("This is a restored copy: %(rows)s rows in %(seals)s seals after head #%(seal)s are absent (%(file)s)."),
        _("Restore a newer backup, or say why those rows are lost; then keep this file and begin a new one."),
    ),
    "versions_missing": Words(
        _("%(table)s, row %(row)s: before version %(version)s of record %(record)s %(missing)s rows are missing."), GONE
    ),
    "version_again": Words(
        _("%(table)s, row %(row)s: version %(version)s of record %(record)s stands in another row before."), FORGED
    ),
    "after_end": Words(_("%(table)s, row %(row)s stands after the row that ended record %(record)s."), FORGED),
    "time_backwards": Words(
        _("%(table)s, row %(row)s: its time %(at)s lies before its predecessor's, %(before)s."), FORGED
    ),
    "moment_unreadable": Words(
        _("%(table)s, row %(row)s: its time %(at)s is none, so it stands on no page of the trail."), FORGED
    ),
    "before_differs": Words(
        _("%(table)s, row %(row)s says the entry time was “%(said)s” before; the row before it says %(before)s."),
        ALTERED,
    ),
    "fixed_differs": Words(
        _("%(table)s, row %(row)s: %(columns)s differ from the row before; they never change."), ALTERED
    ),
    "live_differs": Words(
        _("%(table)s, row %(row)s is not as its last history row %(history)s says: %(columns)s differ."), LIVE
    ),
    "live_unknown": Words(_("%(table)s, row %(row)s has no history: it was put in past Redate, or lost it."), LIVE),
    "live_after_end": Words(_("%(table)s, row %(row)s stands, though its history says it was ended."), LIVE),
    "live_missing": Words(
        _("%(table)s, row %(row)s is gone, though its last history row %(history)s says it stands."), GONE
    ),
    "trigger_missing": Words(
        _("%(table)s: the trigger %(trigger)s is missing."),
        _("Run `manage.py triggers install`, and find out since when: in between nothing was captured."),
    ),
    "trigger_unknown": Words(
        _("%(table)s: the trigger %(trigger)s is not one of Redate's."), _("Look at what it does, and drop it.")
    ),
    "trigger_altered": Words(
        _("%(table)s: the trigger %(trigger)s is not as Redate made it."),
        _("Run `manage.py triggers install`, and find out since when: in between nothing was captured."),
    ),
    "review_differs": Words(
        _("%(table)s, row %(row)s says “%(state)s”, but the last review of that change says “%(said)s”."),
        _("What reviewers said counts: review the change again."),
    ),
    "batch_count": Words(_("%(table)s, row %(row)s says it made %(said)s rows, and made %(held)s."), ALTERED),
    "batch_differs": Words(
        _("%(table)s, row %(row)s: %(held)s of its rows name another person or another time than the batch."), ALTERED
    ),
    "batch_unknown": Words(_("%(table)s, row %(row)s names batch %(batch)s, which does not stand."), FORGED),
    "request_differs": Words(
        _("%(table)s, row %(row)s is approved, but the change it names, row %(history)s, is not the one it asked for."),
        ALTERED,
    ),
    "request_unasked": Words(
        _("%(table)s, row %(row)s says request %(request)s allowed it, which does not name this change."), FORGED
    ),
    "proof_altered": Words(
        _("%(table)s: the file that proves request %(request)s is not the one that came with it: it was altered."),
        _("Take the file from a backup made before, and look again at who approved what with it."),
    ),
    "proof_missing": Words(_("%(table)s: the file that proves request %(request)s is gone."), GONE),
    "proof_unknown": Words(
        _("%(table)s: request %(request)s has a file that no event says came with it: it was put in past Redate."),
        FORGED,
    ),
    "person_unknown": Words(
        _("%(table)s, row %(row)s (%(name)s): no event says that this person was added: put in past Redate."), ADMIN
    ),
    "person_differs": Words(
        _("%(table)s, row %(row)s (%(name)s) is not as the last events say: %(columns)s differ."), ADMIN
    ),
    "person_missing": Words(_("%(table)s, row %(row)s (%(name)s) is gone; people are never deleted."), GONE),
    "roles_differ": Words(
        _("%(table)s, row %(row)s (%(name)s) is in the groups %(held)s, but the events say %(said)s."), ADMIN
    ),
    "role_differs": Words(_("%(table)s, row %(row)s is not as the last events say: %(columns)s differ."), ADMIN),
    "rights_differ": Words(
        _("%(table)s, row %(row)s (%(name)s) holds other rights than Redate gives: %(columns)s."),
        _("Run `manage.py migrate`, which gives roles their rights again, and ask who had the database's password."),
    ),
    "team_unknown": Words(
        _("%(table)s, row %(row)s (%(name)s): no event says that this team was made: put in past Redate."), ADMIN
    ),
    "check_failed": Words(
        _("The check “%(check)s” could not be made: %(why)s"),
        _("A value that no column of its kind holds may stand there. Look at the log, and at who wrote it."),
    ),
}
