"""The tables as SQLAlchemy's Core and its ORM know them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The classes of the ORM, whose tables Core uses."""


class World(Base):
    """TechEmpower's table."""

    __tablename__ = "world"
    __table_args__ = {"schema": "stackduel"}  # noqa: RUF012 - SQLAlchemy's
    id: Mapped[int] = mapped_column(primary_key=True)
    randomnumber: Mapped[int]


class Author(Base):
    """A writer of articles."""

    __tablename__ = "author"
    __table_args__ = {"schema": "stackduel"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Article(Base):
    """An author's text."""

    __tablename__ = "article"
    __table_args__ = {"schema": "stackduel"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("stackduel.author.id"))
    title: Mapped[str]
    published: Mapped[date]
    words: Mapped[int]
    author: Mapped[Author] = relationship()


class SoldProduct(Base):
    """The goods of orders."""

    __tablename__ = "product"
    __table_args__ = {"schema": "stackduel"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
    stock: Mapped[int] = mapped_column(BigInteger)


class Account(Base):
    """The payer of orders."""

    __tablename__ = "account"
    __table_args__ = {"schema": "stackduel"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(BigInteger)


class TakenOrder(Base):
    """An order that was taken."""

    __tablename__ = "orders"
    __table_args__ = {"schema": "stackduel"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str | None]
    account_id: Mapped[int]
    product_id: Mapped[int]
    quantity: Mapped[int]
    total: Mapped[int]
