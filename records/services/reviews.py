"""What reviewers say of a change: in order, or sent back. Whoever had a hand in a change does not review it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet

from audit.events import record_event
from audit.models import Review, ReviewItem
from records.models import RECORDS, Notice
from records.models.access import VIEW, person
from records.refusals import refuse

from .locks import locked, rules_lock
from .notices import tell
from .records import Clock, actor
from .refusing import service

OUTCOMES = ("ok", "back")
RIGHT = "review_changes"


@dataclass(frozen=True)
class Seen:
    """What a reviewer looked at: the item's state, how many rows it has, and the last review of it (0: none)."""

    state: str
    rows: int
    review: int

    def __str__(self) -> str:
        """As a form carries it."""
        return f"{self.state}.{self.rows}.{self.review}"

    @classmethod
    def of(cls, item: ReviewItem) -> Seen:
        """What stands now. One query."""
        return cls(item.state, item.rows, last.pk if (last := last_review(item)) else 0)


def last_review(item: ReviewItem) -> Review | None:
    """What was said of the item last."""
    return Review.objects.filter(kind=item.kind, history_id=item.history_id).order_by("-id").first()


def rows_of(item: ReviewItem) -> QuerySet:
    """The history rows of an item: one, or those of its batch."""
    history: Any = apps.get_model(item.kind)
    if item.first_id is None:
        return history.objects.filter(history_id=item.history_id)
    within = history.objects.filter(history_id__gte=item.first_id, history_id__lte=item.last_id)
    return within.filter(batch=item.batch, previous_entered_at__isnull=False)


def had_a_hand(item: ReviewItem, who: int) -> bool:
    """Whether the person made, asked for or approved one of the item's changes. One query."""
    hand = Q(history_user_id=who) | Q(approver_id=who) | Q(requester_id=who)
    return rows_of(item).filter(hand).exists()


@service("review")
def turn_away(*, by: Any, channel: str, clock: Clock, remote_addr: str | None = None) -> None:
    """Refuse (review_right) who posts to the pages of the review without the right; it is kept."""
    raise refuse("review_right")


@service("review")
def sign_off(
    *,
    item: ReviewItem,
    record: Any,
    seen: str,
    outcome: str,
    note: str,
    by: Any,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Review:
    """Say of `item`, as `by` saw it, that it is in order ("ok"), or send it back to who made it ("back").

    `record` is the one that the item shows, `seen` the text of what the reviewer looked at. Raises Refused:
    review_right, see_right, review_own (they had a hand in it), review_note, review_done, review_changed. Saying the
    same again gives the first answer. Who made the change is told that it was sent back.
    """
    row = locked(ReviewItem, item.pk)  # locks: item, rules
    rules_lock(exclusive=False)
    checker = actor(by, clock())
    if RIGHT not in checker.who.permissions:
        raise refuse("review_right")
    if not checker.why(record, VIEW.format(record._meta.model_name)):
        raise refuse("see_right")
    if had_a_hand(row, checker.user.pk):
        raise refuse("review_own")
    if outcome not in OUTCOMES:
        raise refuse("value")
    last = last_review(row)
    about = (record._meta.model_name, record.pk) == (row.record_type, row.record_id)
    is_seen = about and seen == str(Seen(row.state, row.rows, last.pk if last else 0))
    if not is_seen and last and (last.by_id, last.outcome, last.note) == (checker.user.pk, outcome, note.strip()):
        return last
    _check(row, last, is_seen, note)
    return _write(row, record, outcome, note.strip(), checker, channel, remote_addr)


def _check(row: ReviewItem, last: Review | None, is_seen: bool, note: str) -> None:
    if row.state == "ok":
        raise refuse("review_done", name=last.by_name if last else "")
    if not is_seen:
        raise refuse("review_changed")
    if not note.strip():
        raise refuse("review_note")


def _write(
    row: ReviewItem, record: Any, outcome: str, note: str, checker: Any, channel: str, remote_addr: str | None
) -> Review:
    """The review, the item's state, the event, and the notice: all or nothing."""
    review = Review.objects.create(
        kind=row.kind,
        history_id=row.history_id,
        record_type=row.record_type,
        record_id=row.record_id,
        outcome=outcome,
        note=note,
        by_id=checker.user.pk,
        by_name=str(checker.user),
        at=checker.at,
    )
    row.state, row.state_at = outcome, checker.at
    row.save(update_fields=["state", "state_at"])
    what = {"outcome": outcome, "kind": row.kind, "history_id": row.history_id, "rows": row.rows, "review": review.pk}
    record_event(
        kind="review",
        by=checker.user,
        at=checker.at,
        channel=channel,
        record=record,
        remote_addr=remote_addr,
        what=what,
    )
    if outcome == "back" and row.actor_id is not None:
        _ask(row, record, note, checker)
    return review


def _ask(row: ReviewItem, record: Any, note: str, checker: Any) -> None:
    """Tell who made the change that it was sent back, and why."""
    times: Any = apps.get_model(row.kind)
    shown = times.objects.values("previous_entered_at", "entered_at", "reason").get(history_id=row.history_id)
    tell(
        kind=Notice.Kind.SENT_BACK,
        record=record,
        at=checker.at,
        actor=checker.user,
        to=[row.actor_id],
        before=shown["previous_entered_at"],
        after=shown["entered_at"],
        reason=shown["reason"],
        words=note,
    )


def record_of(item: ReviewItem, user: Any) -> Any:
    """The record that the item shows, archived or not, if the person may see it; else None.

    One that was deleted past Redate is given as it was, to those who see all.
    """
    model: Any = RECORDS[item.record_type]
    found = model.objects.visible_to(user).filter(pk=item.record_id).first()
    if found is None and person(user).sees_all and not model.objects.filter(pk=item.record_id).exists():
        return rows_of(item).get(history_id=item.history_id).instance
    return found
