"""One pass of a forward, written down operation by operation.

The user's own Python runs. A TorchFunctionMode, which is local to the thread, sees the functions it calls;
each module's call and `forward` are overridden on the instance for the length of the pass, so that the
module path is known and leaf modules are answered by their rules. No kernel runs in a shape trace: a rule
works out the output's shape, and an empty tensor on the meta device stands for it. In a real pass torch's
own kernels run, and every rule is held against the shapes they produced.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from cnnviz.capture.call import Call, NeedsValuesError
from cnnviz.capture.functions import ADAPTERS
from cnnviz.capture.marks import KEEP_STRIDES, META, UNTRACED, Frame, Stamp, blank, tensors_in, to_meta
from cnnviz.capture.paths import Modules
from cnnviz.capture.sizes import dim, origin, plain
from cnnviz.errors import CnnvizError, ShapeError
from cnnviz.formulas import RULES, Shape, size_text
from cnnviz.formulas.tensors import OpaqueArguments
from cnnviz.program import Guard, Size

VALUES = frozenset(
    function
    for name in (
        "item tolist numpy __bool__ __float__ __int__ __index__ __complex__ __contains__ nonzero"
    ).split()
    if (function := getattr(Tensor, name, None)) is not None
) | {torch.nonzero, torch.unique, torch.masked_select, torch.bincount}
SIZES = {Tensor.shape.__get__, Tensor.size, Tensor.numel, Tensor.nelement, Tensor.__len__}  # type: ignore[attr-defined]
FACTORIES = frozenset(
    {torch.linspace, torch.eye, torch.full, torch.arange, torch.logspace, torch.randint, torch.randperm}
    | {torch.normal, torch.tril_indices, torch.triu_indices, torch.empty_strided}
)
IN_PLACE_WRITES = frozenset({Tensor.__setitem__, Tensor.copy_, Tensor.fill_, Tensor.zero_})


OUTPUTS = {name: rule.outputs for name, rule in RULES.items()}


class Recorder(TorchFunctionMode):
    """Writes down what a forward pass does; `kernels` runs torch's own and checks every rule against them."""

    def __init__(self, modules: Modules, *, kernels: bool, device: torch.device) -> None:
        super().__init__()
        self.kernels, self.device = kernels, device
        self.thread = threading.get_ident()
        self.stack = [Frame("", "", type(modules[0][1]).__name__)]
        self.operations: list[tuple[Any, ...]] = []  # the fields of Operation
        self.measured: list[tuple[Callable[[], float], int]] = []
        self.constants: list[Shape] = []
        self.constant_numbers: dict[int, int] = {}
        self.kept: list[Tensor] = []  # constants stay alive, so that their ids stay theirs
        self.guards: dict[Guard, None] = {}
        self.sizes_read = False
        self.marked: list[Tensor] = []  # the model's own tensors that bear a stamp: they were written over
        self.tensors = 0
        self.names: dict[int, int] = {}
        self.parameter_names: list[str] = []
        self.parameter_list: list[nn.Parameter] = []
        self.owned: dict[str, tuple[int, ...]] = {}  # by module path
        for path, module in modules:
            if module._parameters:
                self.owned[path] = self._numbered(path, module._parameters)
        self.lazy_counts: dict[int, int] = {}
        self.quiet = UNTRACED()  # made once, as every leaf enters it; never inside itself
        self.hooks = RemovableHandle.next_id  # grows with every hook that anybody registers

    def _numbered(self, path: str, parameters: Mapping[str, nn.Parameter | None]) -> tuple[int, ...]:
        """The numbers of a module's parameters; a shared one has its number from where it was seen first."""
        numbers = []
        for name, parameter in parameters.items():
            if parameter is None:
                continue
            number = self.names.get(id(parameter))
            if number is None:
                number = self.names[id(parameter)] = len(self.parameter_list)
                self.parameter_names.append(f"{path}.{name}" if path else name)
                self.parameter_list.append(parameter)
            numbers.append(number)
        return tuple(numbers)

    # ---- tensors

    def stamp(self, tensor: Tensor, shape: Shape, dtype: torch.dtype, base: Tensor | None = None) -> None:
        """Number a tensor as the next one of the program."""
        tensor._cnnviz = Stamp(self, self.tensors, shape, dtype, base)  # type: ignore[attr-defined]
        self.tensors += 1

    def stamp_of(self, tensor: Tensor) -> Stamp | None:
        stamp = getattr(tensor, "_cnnviz", None)
        return stamp if stamp is not None and stamp.recorder is self else None

    def operand(self, tensor: Tensor) -> tuple[int, Shape, torch.dtype]:
        """Number, shape and dtype of what an operation reads; an unknown tensor is a constant."""
        stamp = self.stamp_of(tensor)
        if stamp is not None:
            return stamp.number, stamp.shape, stamp.dtype
        with UNTRACED():
            shape, dtype = tuple(tensor.shape), tensor.dtype
        number = self.constant_numbers.get(id(tensor))
        if number is None:
            self.constants.append(shape)
            self.kept.append(tensor)
            number = self.constant_numbers[id(tensor)] = -len(self.constants)
        return number, shape, dtype

    def note_lazy(self, weights: Sequence[Tensor | None], n_in: int, n_out: int) -> None:
        """How many numbers a lazy layer's weight and bias have at this input."""
        for weight, count in zip(weights, (n_in * n_out, n_out), strict=False):
            if weight is not None:
                self.lazy_counts[id(weight)] = count

    # ---- operations

    def record(self, call: Call, run: Callable[[], Any] | None = None) -> Any:
        """Write an operation down; returns its output, made by `run` in a real pass."""
        used: dict[int, None] = {}
        try:
            stamps = [tensor._cnnviz for tensor in call.tensors]  # type: ignore[attr-defined]
            ours = all([stamp.recorder is self for stamp in stamps])  # noqa: C419 - a third of the time
        except AttributeError:
            ours = False
        if ours:
            numbers = [stamp.number for stamp in stamps]
            shapes = [stamp.shape for stamp in stamps]
            dtype = call.dtype or (stamps[0].dtype if stamps else None)
        else:
            operands = [self.operand(tensor) for tensor in call.tensors]
            numbers, shapes = [number for number, _, _ in operands], [shape for _, shape, _ in operands]
            dtype = call.dtype or operands[0][2]
            for tensor in call.tensors:
                self._note_use(tensor, used)
        for weight in call.weights:
            if weight is not None:
                if self.stamp_of(weight) is not None:
                    numbers.append(self.operand(weight)[0])  # worked out in the forward pass
                self._note_use(weight, used)
        arguments = plain(call.arguments) if self.sizes_read else call.arguments
        try:
            outputs = OUTPUTS[call.rule](arguments, shapes)
        except ShapeError as error:
            where = self.stack[-1].path or self.stack[-1].module
            raise ShapeError(f"{where} ({call.op}) {error}") from None
        dtype = dtype or torch.get_default_dtype()
        self._write(call, tuple(numbers), outputs, dtype, tuple(used))
        if self.kernels:
            with UNTRACED():
                return self._checked(call, outputs, run)
        return self._stand_ins(call, outputs, dtype, run)

    def _note_use(self, tensor: Tensor, used: dict[int, None]) -> None:
        parameter = self.names.get(id(tensor))
        if parameter is not None:
            used[parameter] = None

    def _write(
        self,
        call: Call,
        inputs: tuple[int, ...],
        outputs: Sequence[Shape],
        dtype: torch.dtype,
        used: tuple[int, ...] = (),
    ) -> None:
        frame = self.stack[-1]
        self.operations.append(
            (
                frame.scope,
                frame.module,
                call.op,
                call.rule,
                origin(call.arguments) if self.sizes_read else call.arguments,
                inputs,
                len(outputs),
                used,
                call.in_place,
                call.alias,
                dtype.itemsize,
            )
        )

    def _stand_ins(
        self, call: Call, outputs: Sequence[Shape], dtype: torch.dtype, run: Callable[[], Any] | None
    ) -> Any:
        made: Sequence[Tensor]
        if len(outputs) == 1 and not (call.alias or call.in_place):  # most operations
            first = call.tensors[0] if call.rule in KEEP_STRIDES else None
            with self.quiet:
                like = first is not None and first.is_meta and first.dtype is dtype
                fresh = first.data if first is not None and like else blank(outputs[0], dtype)
            self.stamp(fresh, outputs[0], dtype)
            return call.pack((fresh,))
        with UNTRACED():
            if call.alias and run is not None and call.tensors[0].is_meta:
                made = self._views(call, run)
            else:
                made = [blank(shape, dtype) for shape in outputs]
        if call.in_place:
            made = [call.tensors[0], *made[1:]]
        self._stamp_all(call, made, outputs, [dtype] * len(made))
        return call.pack(made)

    def _views(self, call: Call, run: Callable[[], Any]) -> Sequence[Tensor]:
        """Views as torch makes them: their strides tell whether a later reshape copies."""
        if call.rule == "alias":
            return [call.tensors[0].detach()]
        views = run()
        return [views] if isinstance(views, Tensor) else list(views)

    def _stamp_all(
        self, call: Call, made: Sequence[Tensor], shapes: Sequence[Shape], dtypes: Sequence[torch.dtype]
    ) -> None:
        before = self.stamp_of(call.tensors[0]) if call.tensors else None
        if before is None:
            self.marked += [tensor for tensor in made if any(tensor is own for own in call.tensors)]
        for tensor, shape, dtype in zip(made, shapes, dtypes, strict=True):
            base = None
            if before is not None and (call.alias or call.in_place):
                viewed = call.alias and tensor is not call.tensors[0]
                base = call.tensors[0] if viewed else before.base
            self.stamp(tensor, shape, dtype, base)
        if call.in_place and before is not None and before.base is not None:
            self._write_through(before.base)

    def _write_through(self, base: Tensor) -> None:
        """A view was written over: what it is a view of has changed with it."""
        stamp = self.stamp_of(base)
        if stamp is None:
            return
        call = Call("write_through_view", "alias", RULES["alias"].arguments(), (base,), in_place=True)
        self._write(call, (stamp.number, self.tensors - 1), (stamp.shape,), stamp.dtype)
        if self.kernels:
            self.measured.append((lambda: 0.0, 0))
        self.stamp(base, stamp.shape, stamp.dtype, stamp.base)
        if stamp.base is not None:
            self._write_through(stamp.base)

    # ---- torch's own kernels

    def _checked(self, call: Call, outputs: Sequence[Shape], run: Callable[[], Any] | None) -> Any:
        assert run is not None
        result = self._timed(call.tensors, run)
        made = tensors_in(result)[: len(outputs)]
        got = [tuple(tensor.shape) for tensor in made]
        if got != list(outputs[: len(got)]):
            rule, real = " ".join(map(size_text, outputs)), " ".join(map(size_text, got))
            where = self.stack[-1].path or self.stack[-1].module
            raise CnnvizError(
                f"{where} ({call.op}): the rule gives {rule}, torch gives {real}; please report this"
            )
        self._stamp_all(call, made, got, [tensor.dtype for tensor in made])
        self.tensors += len(outputs) - len(made)  # weights of an attention that were not asked for
        return result

    def _timed(self, inputs: Sequence[Tensor], run: Callable[[], Any]) -> Any:
        held = {tensor.untyped_storage().data_ptr() for tensor in inputs if tensor.device.type != "meta"}
        if self.device.type == "cuda":
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
            start.record()
            result = run()
            end.record()
            elapsed: Callable[[], float] = lambda: start.elapsed_time(end)  # noqa: E731
        else:
            begin = time.perf_counter()
            result = run()
            milliseconds = (time.perf_counter() - begin) * 1e3
            elapsed = lambda: milliseconds  # noqa: E731
        fresh = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors_in(result)}
        self.measured.append((elapsed, sum(size for at, size in fresh.items() if at not in held)))
        return result

    # ---- what the mode sees

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        adapter = ADAPTERS.get(func)
        if adapter is not None:
            try:
                call = adapter(*args, **kwargs)
            except TypeError:
                call = None  # called in a way that the adapter does not know
            if call is not None:
                return self.record(call, lambda: func(*args, **kwargs))
        if func in SIZES:
            return self._sizes(func, args, kwargs)
        return self._unknown(func, args, kwargs)

    def _sizes(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        stamp = self.stamp_of(args[0])
        if stamp is None or func is Tensor.__len__:
            return func(*args, **kwargs)
        self.sizes_read = True
        number = stamp.number
        sizes = [dim(n, Size("dim", number, axis), self.guards) for axis, n in enumerate(stamp.shape)]
        if func in (Tensor.numel, Tensor.nelement):
            total: Any = 1
            for size in sizes:
                total = size * total
            return total
        axis = args[1] if len(args) > 1 else kwargs.get("dim")
        return sizes[axis] if axis is not None else torch.Size(sizes)

    def _unknown(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A function without a rule: torch's own shapes, listed as not counted."""
        if not self.kernels and func in VALUES:
            raise NeedsValuesError(getattr(func, "__name__", str(func)))
        if self.sizes_read:
            args, kwargs = plain(args), plain(kwargs)
        inputs = tensors_in((args, kwargs))
        if not inputs:
            if func in FACTORIES and not self.kernels:
                kwargs = {**kwargs, "device": META}
            return func(*args, **kwargs)
        run: Callable[[], Any] = lambda: func(*args, **kwargs)  # noqa: E731
        if not self.kernels:
            args, kwargs = to_meta(args), to_meta(kwargs)
            try:
                result = run()
            except (RuntimeError, NotImplementedError) as error:
                raise NeedsValuesError(str(error)) from error
        else:
            result = run()
        made = tensors_in(result)
        if func in IN_PLACE_WRITES and not made:
            made = [inputs[0]]
        if made and not all(self.stamp_of(t) and t is not inputs[0] for t in made):
            self._opaque(func, inputs, made)
        return result

    def _opaque(self, func: Any, inputs: list[Tensor], made: list[Tensor]) -> None:
        name = getattr(func, "__name__", str(func)).strip("_")
        if name == "get":  # of a property, such as x.real
            name = getattr(getattr(func, "__self__", None), "__name__", name)
        shapes = tuple(tuple(t.shape) for t in inputs)
        outputs = tuple(tuple(t.shape) for t in made)
        in_place = made[0] is inputs[0]
        if in_place and func in IN_PLACE_WRITES:
            call = Call(name, "alias", RULES["alias"].arguments(), tuple(inputs), in_place=True)
        else:
            call = Call(name, "opaque", OpaqueArguments(shapes, outputs), tuple(inputs), in_place=in_place)
        numbers = tuple(self.operand(t)[0] for t in inputs)
        used: dict[int, None] = {}
        for tensor in inputs:
            self._note_use(tensor, used)
        self._write(call, numbers, outputs, made[0].dtype, tuple(used))
        if self.kernels:
            self.measured.append((lambda: 0.0, 0))
        self._stamp_all(call, made, outputs, [tensor.dtype for tensor in made])

    # ---- what modules do

    def scope(self, path: str) -> str:
        """The module path with call marks, for a call of this module from where the pass is now."""
        above = self.stack[-1]
        calls = above.calls
        if path not in calls and above.unmarked:
            calls[path] = 0
            return path
        count = calls[path] = calls.get(path, -1) + 1
        inside = not above.path or path.startswith(above.path + ".")
        tail = path[len(above.path) :].lstrip(".") if inside else path
        scope = f"{above.scope}.{tail}" if above.scope else tail
        return f"{scope}#{count}" if count else scope
