"""Compilation of search code spread over several modules."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """
    Compile once, keep the code on disk, let go of the interpreter lock while running.

    A function is compiled anew when any of the modules that it or its constants may come from has changed; numba 0.68
    by itself looks at the function's own file only.
    """
    return _stamped(function)


def compiled_part(function: F) -> F:
    """
    As ``compiled``, for functions that only compiled code calls and that allocate no array.

    Without the way in from Python and without counting references, both the compiler and the code are much faster.
    """
    return _stamped(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)


def inlined_part(function: F) -> F:
    """As ``compiled_part``, for small functions in inner loops, where handing over arguments takes longest."""
    return _stamped(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False, forceinline=True)


def _stamped(function: F, **options: Any) -> F:
    dispatcher = njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    dispatcher._cache._cache_file._source_stamp = _stamp()
    return cast("F", dispatcher)


@cache
def _stamp() -> str:
    search = Path(__file__).parent
    sources = [*sorted(search.glob("*.py")), search.parent / "tables.py", search.parent / "problem.py"]
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
