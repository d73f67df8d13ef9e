"""Instances that are objects: ``{"b64": file}``, or an object that holds the example under some name."""

from typing import Any, NamedTuple

from inference.spec import InputSpec

_USUAL = ("data", "image", "image_bytes", "input", "inputs", "x")  # names that samples of KServe and Google use


class File(NamedTuple):
    """An image file in base64."""

    text: object


class ObjectReader:
    """Finds the example in an object."""

    def __init__(self, given: InputSpec, hint: str, *, reads_files: bool) -> None:
        self._input = given
        self._hint = hint
        self._reads_files = reads_files
        self._names = {given.name, *_USUAL}

    def example(self, value: Any, name: str) -> Any:
        """Return the numbers or the ``File`` of an object, or of a text that is a file; the value if there is none.

        name  of the object in errors
        Raises the input's error for an object with several, and for one without any if files are read.
        """
        if isinstance(value, str):
            return File(value) if self._reads_files else value
        if "b64" in value and self._reads_files:
            return File(value["b64"])
        numbers = {key: member for key, member in value.items() if self._is_example(member)}
        texts = {key: member for key, member in value.items() if isinstance(member, str) and member}
        members = numbers or (texts if self._reads_files else {})
        if len(members) > 1:
            members = {key: member for key, member in members.items() if key in self._names} or members
        if len(members) == 1:
            (member,) = members.values()
            return member if isinstance(member, list) else File(member["b64"] if isinstance(member, dict) else member)
        if members:
            names = ", ".join(repr(key[:40]) for key in list(members)[:4])
            raise self._input.error(f"{name} has several members that could be the example: {names}", self._hint)
        if self._reads_files:
            raise self._input.error(f"{name} is an object without the key b64", self._hint)
        return value

    def _is_example(self, member: object) -> bool:
        if isinstance(member, dict):
            return self._reads_files and "b64" in member
        return isinstance(member, list) and bool(member)
