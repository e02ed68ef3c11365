"""The page of backups: what there is, one more, how far it is; and the offer before many rows."""

from __future__ import annotations

import re

import pytest
from django.template import engines
from django.test import RequestFactory
from django.urls import reverse

from audit import jobs
from audit.models import Event, Job
from crm.backups import back_up
from tests.cast import NOW, days

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]
PAGE = "/backup/"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.BACKUP_DIR = str(tmp_path / "backups")
    return tmp_path / "backups"


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast.administrator)


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def made(at=NOW, **more):
    return back_up(by=None, clock=lambda: at, **more)


def test_without_one_it_warns_and_after_a_day_again(client):
    assert "There is no backup" in text(client.get(PAGE))
    made(NOW - days(2))
    said = text(client.get(PAGE))
    assert "The last backup is older than a day" in said
    assert "2 days" in said
    made(NOW - days(0.1))
    assert "There is a backup of the last day" in text(client.get(PAGE))


def test_back_up_now_is_done_by_the_worker_and_shown(client, cast, folder):
    response = client.post(reverse("backup_now"), follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    assert "Waiting for the worker." in text(response)
    assert "A backup is under way already." in text(client.post(reverse("backup_now"), follow=True))
    job = jobs.run_next(lambda: NOW)
    assert (job.state, job.kind) == (Job.State.DONE, "backup")
    (file,) = folder.iterdir()
    said = text(client.get(PAGE))
    assert file.name in said
    assert str(folder) in said
    assert "By Administrator." in said
    event = Event.objects.get(kind="backup")
    assert (event.actor_id, event.channel, event.what["job"]) == (cast.administrator.pk, "web", job.pk)


def test_a_worker_that_was_killed_after_it_makes_no_second_one(client, folder):
    client.post(reverse("backup_now"))
    job = jobs.run_next(lambda: NOW)
    Job.objects.filter(pk=job.pk).update(state=Job.State.WAITING)
    again = jobs.run_next(lambda: NOW)
    assert again.result["file"] == job.result["file"]
    assert len(list(folder.iterdir())) == 1


def test_htmx_asks_how_far_it_is_and_then_for_the_page(client):
    client.post(reverse("backup_now"))
    running = client.get(PAGE, {"looking": 1}, headers={"HX-Request": "true"})
    assert "Making a backup" in text(running)
    assert "HX-Refresh" not in running
    jobs.run_next(lambda: NOW)
    assert client.get(PAGE, {"looking": 1}, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert client.get(PAGE, {"looking": 1}).status_code == 302


def test_work_that_nobody_takes_up_says_so(client, at_now):
    client.post(reverse("backup_now"))
    at_now.move_to(NOW + days(0.01))
    assert "No worker takes this up." in text(client.get(PAGE))


def test_one_that_failed_says_why(client, settings, tmp_path):
    (tmp_path / "note").write_text("no folder")
    settings.BACKUP_DIR = str(tmp_path / "note" / "inside")
    client.post(reverse("backup_now"))
    assert jobs.run_next(lambda: NOW).state == Job.State.FAILED
    said = text(client.get(PAGE))
    assert "The last backup could not be made" in said
    assert "Not a directory" in said


def test_one_put_elsewhere_counts_and_one_thrown_away_does_not(client, tmp_path):
    elsewhere = made(to=tmp_path / "elsewhere")
    said = text(client.get(PAGE))
    assert elsewhere.name in said
    assert str(tmp_path / "elsewhere") in said
    elsewhere.path.unlink()
    assert "There is no backup" in text(client.get(PAGE))


def test_others_are_told_who_makes_them(cast, sign_in):
    for person in (cast.owner, cast.manager, cast.auditor):
        other = sign_in(person)
        assert "Administrators make backups." in text(other.get(PAGE)) or person == cast.auditor
        assert other.post(reverse("backup_now")).status_code == 403
        assert f'href="{PAGE}"' not in other.get("/").content.decode()
    assert not Job.objects.exists()


def test_the_trail_tells_of_it(client, cast, sign_in):
    made()
    assert "Backup made" in text(sign_in(cast.auditor).get(reverse("audit:trail")))


# ---- the offer ----


def offered(person, rows) -> str:
    request = RequestFactory().get("/")
    request.user = person
    return engines["django"].from_string("{% backup_offer rows %}").render({"rows": rows}, request)


def test_a_backup_is_offered_before_many_rows_only(cast):
    assert not offered(cast.administrator, 499).strip()
    said = offered(cast.administrator, 1200)
    assert "1,200 rows: back up first?" in said
    assert "There is no backup." in said
    assert "Back up now" in said
    assert "Back up now" not in offered(cast.manager, 1200)
    assert "An administrator can make one." in offered(cast.manager, 1200)


def test_one_just_made_is_enough(cast):
    made()
    said = offered(cast.administrator, 1200)
    assert "A backup was just made." in said
    assert "Back up now" not in said


def test_the_offer_is_taken_up_in_its_place(client, cast):
    htmx = {"HX-Request": "true"}
    response = client.post(reverse("backup_now"), {"rows": "1200"}, headers=htmx)
    assert "A backup is being made." in text(response)
    jobs.run_next(lambda: NOW)
    assert "A backup was just made." in text(client.get(PAGE, {"rows": "1200"}, headers=htmx))
