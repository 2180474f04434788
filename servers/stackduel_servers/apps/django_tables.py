"""The tables as Django's ORM knows them, and Django's settings for them, which must be there before a model is."""

from __future__ import annotations

import os
from typing import Any

from django.db import models

from stackduel_servers.apps.django_shell import configure
from stackduel_servers.core.database.django_settings import database_of
from stackduel_servers.core.settings import read_settings

configure(DATABASES={"default": database_of(read_settings(os.environ))})


class Unmanaged:
    """Their common settings: no migration makes them."""

    app_label = "stackduel"
    managed = False


class WorldModel(models.Model):  # type: ignore[misc]
    """TechEmpower's table."""

    randomnumber: Any = models.IntegerField()

    class Meta(Unmanaged):
        """Its place."""

        db_table = '"stackduel"."world"'


class AuthorModel(models.Model):  # type: ignore[misc]
    """A writer of articles."""

    name: Any = models.TextField()

    class Meta(Unmanaged):
        """Its place."""

        db_table = '"stackduel"."author"'


class ArticleModel(models.Model):  # type: ignore[misc]
    """An author's text."""

    author: Any = models.ForeignKey(AuthorModel, models.DO_NOTHING)
    title: Any = models.TextField()
    published: Any = models.DateField()
    words: Any = models.IntegerField()

    class Meta(Unmanaged):
        """Its place."""

        db_table = '"stackduel"."article"'


class ProductModel(models.Model):  # type: ignore[misc]
    """The goods of orders."""

    price: Any = models.IntegerField()
    stock: Any = models.BigIntegerField()

    class Meta(Unmanaged):
        """Its place."""

        db_table = '"stackduel"."product"'


class AccountModel(models.Model):  # type: ignore[misc]
    """The payer of orders."""

    balance: Any = models.BigIntegerField()

    class Meta(Unmanaged):
        """Its place."""

        db_table = '"stackduel"."account"'


class TakenOrderModel(models.Model):  # type: ignore[misc]
    """An order that was taken."""

    key: Any = models.TextField(null=True)
    account_id: Any = models.IntegerField()
    product_id: Any = models.IntegerField()
    quantity: Any = models.IntegerField()
    total: Any = models.IntegerField()

    class Meta(Unmanaged):
        """Its place."""

        db_table = '"stackduel"."orders"'
