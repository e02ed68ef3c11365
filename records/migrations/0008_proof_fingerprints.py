"""Files that came in before their hashes were kept: an event for each, which the next seal holds."""

from hashlib import sha256

from django.db import migrations
from django.utils import timezone

KIND = "proof_kept"


def keep_fingerprints(apps, schema_editor):
    """From now on `verify` compares them; what was done to them before nobody can tell."""
    files, events = apps.get_model("records", "ProofFile"), apps.get_model("audit", "Event")
    known = {what.get("request") for what in events.objects.filter(kind=KIND).values_list("what", flat=True)}
    rows = files.objects.order_by("pk").values_list(
        "request_id", "name", "data", "size", "request__record_type", "request__record_id"
    )
    for request, name, data, size, record_type, record_id in rows.iterator(chunk_size=4):
        if request in known:
            continue
        hashes = {"sha256": sha256(data).hexdigest(), "name_sha256": sha256(name.encode()).hexdigest()}
        events.objects.create(
            at=timezone.now(),
            kind=KIND,
            channel="command",
            record_type=f"records.{record_type}",
            record_id=record_id,
            what={"request": request, "size": size} | hashes,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0007_customer_parent"),
        ("audit", "0006_distance_index"),
    ]

    operations = [migrations.RunPython(keep_fingerprints, migrations.RunPython.noop)]
