"""
Named tuples that compiled code is given by their address.

Numba hands over an array as seven numbers or more, so that a call with two tuples of a dozen arrays takes longer than
most of what the search calls. A ``Reference`` is one number. Compiled code reads its fields as those of the tuple.
"""

from typing import Any, Generic, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import typeof
from numba.core import cgutils, types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, models, register_model, typeof_impl, unbox
from numba.np.arrayobj import make_array, populate_array

T = TypeVar("T", bound=tuple[Any, ...])

WORD = np.dtype(np.int64).itemsize
INT64 = ir.IntType(8 * WORD)


class ReferenceType(types.Type):
    """The address of the fields of a named tuple; ``members`` has the type and the first word of each."""

    def __init__(self, target: types.NamedTuple) -> None:
        super().__init__(name=f"Reference({target})")
        first = np.cumsum([0, *(_num_words(kind) for kind in target.types)]).tolist()
        self.members = {
            field: (kind, word) for field, kind, word in zip(target.fields, target.types, first, strict=False)
        }


class Reference(Generic[T]):
    """
    What to pass instead of a named tuple of whole numbers and contiguous arrays, for as long as it lives.

    Arrays may be written to, but not replaced.
    """

    def __init__(self, target: T) -> None:
        self.target = target
        self.numba_type = ReferenceType(typeof(target))
        self._words = np.array([word for value in target for word in _words(value)], np.int64)
        self.address = self._words.ctypes.data


def by_address(target: T) -> T:
    """A reference to a named tuple, which for compiled code is as good as the tuple."""
    return cast("T", Reference(target))


def _num_words(kind: types.Type) -> int:
    return 1 + kind.ndim if isinstance(kind, types.Array) else 1


def _words(value: Any) -> list[int]:
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise ValueError(f"Expected contiguous arrays, got strides {value.strides} of shape {value.shape}.")
        return [value.ctypes.data, *value.shape]
    return [int(value)]


register_model(ReferenceType)(models.OpaqueModel)


@typeof_impl.register(Reference)
def _typeof_reference(value: Any, _context: Any) -> ReferenceType:
    return cast("ReferenceType", value.numba_type)


@unbox(ReferenceType)
def _unbox_reference(_kind: ReferenceType, reference: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(reference, "address")
    pointer = c.pyapi.long_as_voidptr(address)
    c.pyapi.decref(address)
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_getattr
class _ReferenceAttribute(AttributeTemplate):
    key = ReferenceType

    def generic_resolve(self, kind: ReferenceType, attribute: str) -> types.Type | None:  # type: ignore[override]
        return kind.members[attribute][0] if attribute in kind.members else None


@lower_getattr_generic(ReferenceType)
def _lower_field(context: Any, builder: Any, kind: ReferenceType, address: Any, field: str) -> Any:
    member, first = kind.members[field]
    words = builder.bitcast(address, INT64.as_pointer())

    def load(word: int) -> Any:
        value = builder.load(builder.gep(words, [ir.Constant(INT64, first + word)]))
        # So that the compiler need not read it again after every write to an array.
        value.set_metadata("invariant.load", builder.module.add_metadata([]))
        return value

    if not isinstance(member, types.Array):
        return context.cast(builder, load(0), types.int64, member)
    dtype = context.get_data_type(member.dtype)
    shape = [load(1 + axis) for axis in range(member.ndim)]
    itemsize = ir.Constant(INT64, context.get_abi_sizeof(dtype))
    strides = [itemsize]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    array = make_array(member)(context, builder)
    data = builder.inttoptr(load(0), dtype.as_pointer())
    populate_array(array, data=data, shape=shape, strides=strides, itemsize=itemsize, meminfo=None)
    return array._getvalue()
