"""The search index, and amounts sorted alike on both databases."""

from django.db import migrations, models

from records import search_index

AMOUNT = models.Func(
    models.F("amount"),
    output_field=models.FloatField(),
    template="CAST(COALESCE(%(expressions)s, -1) AS NUMERIC)",
)


def put(apps, schema_editor):
    search_index.ensure(schema_editor.connection.alias)


def take(apps, schema_editor):
    search_index.drop(schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="contract", name="contract_amount"),
        migrations.RemoveIndex(model_name="opportunity", name="opportunity_amount"),
        migrations.AddIndex(
            model_name="contract", index=models.Index(AMOUNT, models.F("id"), name="contract_amount_key")
        ),
        migrations.AddIndex(
            model_name="opportunity", index=models.Index(AMOUNT, models.F("id"), name="opportunity_amount_key")
        ),
        migrations.RunPython(put, take),
    ]
