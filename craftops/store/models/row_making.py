"""Rows made of what a query gives, without asking peewee what each column is and setting it through a descriptor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from peewee import (
    AutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

Converter = Callable[[Any], Any]
QUICK: dict[type, Converter | None] = {
    **dict.fromkeys((IntegerField, BigIntegerField, CharField, TextField, FloatField, ForeignKeyField, AutoField)),
    BooleanField: bool,
}  # fmt: skip
"""What values of these fields need; None: both databases give them as Python has them. ``models.base`` adds its own."""


def instance_of(
    model: type[Any], names: list[str], values: Sequence[Any], converted: list[tuple[str, Converter]]
) -> Any:
    """A row as peewee makes one of what it has read."""
    data = dict(zip(names, values))  # noqa: B905 - both are of one length, and this runs for every row
    for name, convert in converted:
        value = data[name]
        if value is not None:
            data[name] = convert(value)
    instance: Any = object.__new__(model)
    kept = instance.__dict__
    kept["__data__"], kept["_dirty"], kept["__rel__"] = data, set(), {}
    return instance


def converters_of(wrapper: Any) -> list[Converter | None]:
    """Of each column; None where its value is what Python wants already."""
    return [
        QUICK.get(type(field), converter) if field is not None and converter == field.python_value else converter
        for field, converter in zip(wrapper.fields, wrapper.converters, strict=True)
    ]


class _Part:
    """The columns of a row that are one model's."""

    def __init__(self, model: type[Any]) -> None:
        self.model = model
        self.fields: list[str] = []
        self.places: list[int] = []
        self.converted: list[tuple[str, Converter]] = []
        self.others: list[tuple[str, int, Converter | None]] = []
        """Columns that are no fields of it."""
        self._together: slice | Literal[False] | None = None
        """Where its fields stand side by side."""

    def add(self, place: int, column: str, converter: Converter | None) -> None:
        """One more column of it."""
        if column not in self.model._meta.fields:
            self.others.append((column, place, converter))
            return
        self.fields.append(column)
        self.places.append(place)
        if converter is not None:
            self.converted.append((column, converter))

    def values_of(self, row: Sequence[Any]) -> Sequence[Any]:
        """Those of its fields."""
        if self._together is None:
            first = self.places[0] if self.places else 0
            together = self.places == list(range(first, first + len(self.places)))
            self._together = slice(first, first + len(self.places)) if together else False
        if self._together is False:
            return [row[place] for place in self.places]
        return row[self._together]

    def made(self, row: Sequence[Any]) -> tuple[Any, bool]:
        """An instance as peewee makes one, and whether any of its columns has a value."""
        values = self.values_of(row)
        instance = instance_of(self.model, self.fields, values, self.converted)
        found = values.count(None) < len(values)
        for name, place, converter in self.others:
            value = row[place]
            if value is not None:
                found = True
                value = converter(value) if converter is not None else value
            instance.__dict__[name] = value
        return instance, found


def row_maker(wrapper: Any) -> Callable[[Sequence[Any]], Any]:
    """What peewee's ``process_row`` does, for models alone."""
    converters = converters_of(wrapper)
    if not hasattr(wrapper, "src_to_dest"):  # of one table
        lone = _Part(wrapper.model)
        for place, column in enumerate(wrapper.columns):
            lone.add(place, column, converters[place])
        return lambda row: lone.made(row)[0]
    parts = {key: _Part(constructor) for key, constructor, is_row in wrapper._constructor_list if is_row}
    for place, key, column, _converter in wrapper._row_spec:
        parts.get(key, parts[wrapper.model]).add(place, column, converters[place])
    links = [link for link in wrapper.src_to_dest if link[0] in parts and link[2] in parts]
    reachable = wrapper._dest_reachable
    references: dict[Any, Any] = {}
    for src, attr, *_rest in links:
        field = parts[src].model._meta.fields.get(attr)
        references[src, attr] = field if isinstance(field, ForeignKeyField) else None
    below = {dest: reachable.get(dest, frozenset()) for _src, _attr, dest, *_rest in links}

    def make(row: Sequence[Any]) -> Any:
        made = {key: part.made(row) for key, part in parts.items()}
        for src, attr, dest, _is_dict, is_outer, is_reference in links:
            instance = made[src][0]
            joined, found = made[dest]
            if not found and not any(made[one][1] for one in below[dest] if one in made):
                if not is_outer or not made[src][1]:
                    continue
                joined = None
            kept, field = instance.__dict__, references[src, attr]
            if field is None:
                kept[attr] = joined
            elif joined is not None:
                kept["__rel__"][attr] = joined
                kept["__data__"][attr] = joined.__dict__["__data__"].get(field.rel_field.name)
            elif is_reference:
                kept["__rel__"][attr] = None
            else:
                kept["__data__"][attr] = None
        return made[wrapper.model][0]

    return make
