"""Filters that people keep."""

from django.conf import settings
from django.db import models


class SavedFilter(models.Model):
    """A filter of a page under a name: the query of its address. `shared` shows it to all who see the page."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    page = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    query = models.TextField()
    shared = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="savedfilter_name")]

    def __str__(self) -> str:
        return self.name
