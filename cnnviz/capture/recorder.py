"""One pass of a forward, written down operation by operation.

The user's own Python runs. A TorchFunctionMode, which is local to the thread, sees the functions it calls;
each module's call and `forward` are overridden on the instance for the length of the pass, so that the
module path is known and leaf modules are answered by their rules. No kernel runs in a shape trace: a rule
works out the output's shape, and an empty tensor on the meta device stands for it. In a real pass torch's
own kernels run, and every rule is held against the shapes they produced.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from cnnviz.capture.call import Call, only
from cnnviz.capture.functions import ADAPTERS
from cnnviz.capture.kernels import run_checked
from cnnviz.capture.marks import KEEP_STRIDES, UNTRACED, Frame, Stamp, blank, frame
from cnnviz.capture.paths import Modules
from cnnviz.capture.sizes import dim, origin, plain
from cnnviz.capture.unknown import run_unknown
from cnnviz.errors import ShapeError
from cnnviz.formulas import RULES, Shape
from cnnviz.program import Guard, Size

SIZES = {Tensor.shape.__get__, Tensor.size, Tensor.numel, Tensor.nelement, Tensor.__len__}  # type: ignore[attr-defined]
NO_KEYWORDS: Mapping[str, Any] = MappingProxyType({})
OUTPUTS = {name: rule.outputs for name, rule in RULES.items()}


class Recorder(TorchFunctionMode):
    """Writes down what a forward pass does; `kernels` runs torch's own and checks every rule against them."""

    def __init__(self, modules: Modules, *, kernels: bool, device: torch.device) -> None:
        super().__init__()
        self.kernels, self.device = kernels, device
        self.thread = threading.get_ident()
        self.stack: list[Frame] = [frame("", "", type(next(iter(modules.paths))).__name__)]
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
        self._number(modules.paths)
        self.lazy_counts: dict[int, int] = {}
        self.quiet = UNTRACED()  # made once, as every leaf enters it; never inside itself
        self.hooks = RemovableHandle.next_id  # grows with every hook that anybody registers

    def _number(self, modules: Mapping[nn.Module, str]) -> None:
        """Number the modules' parameters; a shared one has its number from where it was seen first."""
        numbers, names, parameters = self.names, self.parameter_names, self.parameter_list
        for module, path in modules.items():
            learned = module._parameters
            if not learned:
                continue
            own = []
            prefix = f"{path}." if path else ""
            for name, parameter in learned.items():
                if parameter is None:
                    continue
                number = numbers.setdefault(id(parameter), len(parameters))
                if number == len(parameters):
                    names.append(prefix + name)
                    parameters.append(parameter)
                own.append(number)
            self.owned[path] = tuple(own)

    # ---- tensors

    def stamp(self, tensor: Tensor, shape: Shape, dtype: torch.dtype, base: Tensor | None = None) -> None:
        """Number a tensor as the next one of the program."""
        tensor._cnnviz = (self, self.tensors, shape, dtype, base)  # type: ignore[attr-defined]
        self.tensors += 1

    def stamp_of(self, tensor: Tensor) -> Stamp | None:
        stamp: Stamp | None = getattr(tensor, "_cnnviz", None)
        return stamp if stamp is not None and stamp[0] is self else None

    def operand(self, tensor: Tensor) -> tuple[int, Shape, torch.dtype]:
        """Number, shape and dtype of what an operation reads; an unknown tensor is a constant."""
        stamp = self.stamp_of(tensor)
        if stamp is not None:
            return stamp[1:4]
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

    def record(
        self,
        call: Call,
        run: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] = NO_KEYWORDS,
    ) -> Any:
        """Write an operation down; returns its output, made by `run(*args, **kwargs)` in a real pass."""
        op, rule, arguments, tensors, weights, in_place, alias, dtype, pack = call
        numbers, shapes, dtypes, used = self._operands(tensors, weights)
        dtype = dtype or (dtypes[0] if dtypes else torch.get_default_dtype())
        if self.sizes_read:
            arguments = plain(arguments)
        try:
            outputs = OUTPUTS[rule](arguments, shapes)
        except ShapeError as error:
            raise ShapeError(f"{self.where()} ({op}) {error}") from None
        self.write(call, numbers, len(outputs), dtype, used)
        if self.kernels:
            with UNTRACED():
                return run_checked(self, call, outputs, run, args, kwargs)
        if alias or in_place or len(outputs) > 1:
            return self._stand_ins(call, outputs, dtype, run, args, kwargs)
        first = tensors[0] if rule in KEEP_STRIDES else None
        with self.quiet:
            like = first is not None and first.is_meta and first.dtype is dtype
            made: Any = first.data if first is not None and like else blank(outputs[0], dtype)
        made._cnnviz = (self, self.tensors, outputs[0], dtype, None)
        self.tensors += 1
        return made if pack is only else pack((made,))

    def _operands(
        self, tensors: tuple[Tensor, ...], weights: tuple[Tensor | None, ...]
    ) -> tuple[tuple[int, ...], Sequence[Shape], Sequence[torch.dtype], tuple[int, ...]]:
        """Numbers, shapes and dtypes of what an operation reads, and the parameters among it."""
        used: dict[int, None] = {}
        numbers: tuple[int, ...]
        try:
            # nearly always: every one of them was made in this pass
            whose, numbers, shapes, dtypes, _ = zip(*[t._cnnviz for t in tensors], strict=True)  # type: ignore[attr-defined]
            ours = whose.count(self) == len(whose)
        except (AttributeError, ValueError):
            ours = False
        if not ours:
            operands = [self.operand(tensor) for tensor in tensors]
            numbers, shapes, dtypes = zip(*operands, strict=True) if operands else ((), (), ())
            for tensor in tensors:
                self.note_use(tensor, used)
        for weight in weights:
            if weight is not None:
                if self.stamp_of(weight) is not None:
                    numbers += (self.operand(weight)[0],)  # worked out in the forward pass
                self.note_use(weight, used)
        return numbers, shapes, dtypes, tuple(used)

    def note_use(self, tensor: Tensor, used: dict[int, None]) -> None:
        parameter = self.names.get(id(tensor))
        if parameter is not None:
            used[parameter] = None

    def write(
        self,
        call: Call,
        inputs: tuple[int, ...],
        outputs: int,
        dtype: torch.dtype,
        used: tuple[int, ...] = (),
    ) -> None:
        """Note an operation that the module under way runs, with as many outputs."""
        _, scope, module, _, _ = self.stack[-1]
        op, rule, arguments, _, _, in_place, alias, _, _ = call
        if self.sizes_read:
            arguments = origin(arguments)
        self.operations.append(
            (scope, module, op, rule, arguments, inputs, outputs, used, in_place, alias, dtype.itemsize)
        )

    def _stand_ins(
        self,
        call: Call,
        outputs: Sequence[Shape],
        dtype: torch.dtype,
        run: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        made: Sequence[Tensor]
        with UNTRACED():
            if not (call.alias and call.tensors[0].is_meta):
                made = [blank(shape, dtype) for shape in outputs]
            elif call.rule == "alias":
                made = [call.tensors[0].detach()]
            else:  # views as torch makes them: their strides tell whether a later reshape copies
                views = run(*args, **kwargs)
                made = [views] if isinstance(views, Tensor) else list(views)
        if call.in_place:
            made = [call.tensors[0], *made[1:]]
        self.stamp_all(call, made, outputs, [dtype] * len(made))
        return call.pack(made)

    def stamp_all(
        self, call: Call, made: Sequence[Tensor], shapes: Sequence[Shape], dtypes: Sequence[torch.dtype]
    ) -> None:
        """Number what came out of a call, which may be what went in or a view of it."""
        before = self.stamp_of(call.tensors[0]) if call.tensors else None
        above = before and before[4]
        if before is None:
            self.marked += [tensor for tensor in made if any(tensor is own for own in call.tensors)]
        for tensor, shape, dtype in zip(made, shapes, dtypes, strict=True):
            base = None
            if before is not None and (call.alias or call.in_place):
                base = call.tensors[0] if call.alias and tensor is not call.tensors[0] else above
            self.stamp(tensor, shape, dtype, base)
        if call.in_place and above is not None:
            self._write_through(above)

    def _write_through(self, base: Tensor) -> None:
        """A view was written over: what it is a view of has changed with it."""
        stamp = self.stamp_of(base)
        if stamp is None:
            return
        _, number, shape, dtype, above = stamp
        call = Call("write_through_view", "alias", RULES["alias"].arguments(), (base,), in_place=True)
        self.write(call, (number, self.tensors - 1), 1, dtype)
        if self.kernels:
            self.measured.append((lambda: 0.0, 0))
        self.stamp(base, shape, dtype, above)
        if above is not None:
            self._write_through(above)

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
                return self.record(call, func, args, kwargs)
        if func in SIZES:
            return self._sizes(func, args, kwargs)
        return run_unknown(self, func, args, kwargs)

    def _sizes(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        stamp = self.stamp_of(args[0])
        if stamp is None or func is Tensor.__len__:
            return func(*args, **kwargs)
        self.sizes_read = True
        _, number, shape, _, _ = stamp
        sizes = [dim(n, Size("dim", number, axis), self.guards) for axis, n in enumerate(shape)]
        if func in (Tensor.numel, Tensor.nelement):
            total: Any = 1
            for size in sizes:
                total = size * total
            return total
        axis = args[1] if len(args) > 1 else kwargs.get("dim")
        return sizes[axis] if axis is not None else torch.Size(sizes)

    # ---- what modules do

    def where(self) -> str:
        """The module that the pass is in, for messages."""
        path, _, module, _, _ = self.stack[-1]
        return path or module

    def scope(self, path: str) -> str:
        """The module path with call marks, for a call of this module from where the pass is now."""
        above, scope_above, _, calls, unmarked = self.stack[-1]
        if path not in calls and unmarked:
            calls[path] = 0
            return path
        count = calls[path] = calls.get(path, -1) + 1
        inside = not above or path.startswith(above + ".")
        tail = path[len(above) :].lstrip(".") if inside else path
        scope = f"{scope_above}.{tail}" if scope_above else tail
        return f"{scope}#{count}" if count else scope
