"""What a graph shows of a trace: which modules stand open, which are one box, which equal runs are folded."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from cnnviz.trace import Trace

MOST_NODES, MOST_EDGES = 64, 140  # what a default view may show; layouts of dense graphs never end


@dataclass(slots=True)
class Group:
    """A module of the hierarchy with what ran inside it, in order."""

    path: str  # scope: module path with call marks
    members: list[Group | int] = field(default_factory=list)  # groups and layer indexes
    level: int = 0

    @property
    def label(self) -> str:
        return self.path.rpartition(".")[2]

    def layers(self) -> Iterator[int]:
        """Indexes of all layers inside, in order."""
        for member in self.members:
            if isinstance(member, Group):
                yield from member.layers()
            else:
                yield member


def groups(trace: Trace) -> Group:
    """The module hierarchy of a trace; leaf modules are layers, not groups."""
    scopes = [layer.operation.scope for layer in trace.layers]
    inner = {scope.rpartition(".")[0] for scope in scopes} | {""}
    often: dict[str, int] = {}
    for scope in scopes:
        often[scope] = often.get(scope, 0) + 1
    root = Group("")
    open_groups = {"": root}
    for index, scope in enumerate(scopes):
        home = scope if scope in inner or often[scope] > 1 else scope.rpartition(".")[0]
        _open(home, open_groups).members.append(index)
    return root


def paths(group: Group) -> Iterator[str]:
    """The scopes of all groups inside, which open and close."""
    for member in group.members:
        if isinstance(member, Group):
            yield member.path
            yield from paths(member)


def _open(path: str, known: dict[str, Group]) -> Group:
    if path in known:
        return known[path]
    parent = _open(path.rpartition(".")[0], known)
    group = known[path] = Group(path, level=parent.level + 1)
    parent.members.append(group)
    return group


@dataclass(frozen=True, slots=True)
class Box:
    """What is drawn as one node: a layer, a closed group, or a run of equal groups."""

    id: str
    layers: tuple[int, ...]
    groups: tuple[Group, ...] = ()
    module: str = ""  # the name of a leaf module; "" for what a module's own forward does


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """What a person wants open: plain values, so that a link can hold them."""

    level: int | None = None  # groups down to this depth are open; None: as deep as stays readable
    opened: tuple[str, ...] = ()  # groups, by scope, that are open whatever the level
    closed: tuple[str, ...] = ()  # groups that are closed whatever the level
    fold: bool = True  # equal groups, each reading the one before, are one box "x N"

    @property
    def groups(self) -> str:
        """The groups in one text: `conv2_x.0,-conv3_x`."""
        return ",".join([*self.opened, *(f"-{path}" for path in self.closed)])

    @classmethod
    def of(cls, groups: str, *, level: int | None = None, fold: bool = True) -> Folding:
        """The folding that such a text says; names that no network has do no harm."""
        names = [name.strip() for name in groups.split(",") if name.strip(" -")]
        opened = tuple(dict.fromkeys(name for name in names if not name.startswith("-")))
        closed = tuple(dict.fromkeys(name[1:] for name in names if name.startswith("-")))
        return cls(level=level, opened=opened, closed=closed, fold=fold)

    def view(self, trace: Trace) -> View:
        return view_of(trace, level=self.level, opened=self.opened, closed=self.closed, fold=self.fold)

    def toggled(self, trace: Trace, path: str) -> Folding:
        """The folding after a click on a group: an open one closes, a closed one or a fold opens.

        The level stays where it is now, so that no other group opens or closes by itself.
        """
        view = self.view(trace)
        opened = tuple(name for name in self.opened if name != path)
        closed = tuple(name for name in self.closed if name != path)
        after = replace(self, level=view.level, opened=opened, closed=closed)
        if path not in view.opened:
            return after if path in after.view(trace).opened else replace(after, opened=(*opened, path))
        return replace(after, closed=(*closed, path)) if path in after.view(trace).opened else after


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn of a trace: boxes, the groups that stand open around them, and edges between boxes."""

    level: int
    items: tuple[Box | Group | None, ...]  # boxes in order; a group opens, None closes the last one open
    edges: tuple[tuple[str, str], ...]

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(item for item in self.items if isinstance(item, Box))

    @property
    def opened(self) -> frozenset[str]:
        """The groups that stand open, by scope."""
        return frozenset(item.path for item in self.items if isinstance(item, Group))


def view_of(
    trace: Trace,
    *,
    level: int | None = None,
    opened: Collection[str] = (),
    closed: Collection[str] = (),
    fold: bool = True,
) -> View:
    """The view at this level; with None at the deepest level that is small enough to read and to lay out."""
    root = groups(trace)
    signatures: dict[str, object] = {}
    for deep in range(depth(root) if level is None else level, -1, -1):
        chooser = _Chooser(trace, deep, frozenset(opened), frozenset(closed), fold, signatures)
        view = chooser.view(root)
        if level is not None or (len(view.boxes) <= MOST_NODES and len(view.edges) <= MOST_EDGES):
            break
    return view


class _Chooser:
    """Decides what one view shows: which groups stand open, which are boxes, which runs are folded."""

    def __init__(
        self,
        trace: Trace,
        level: int,
        opened: frozenset[str],
        closed: frozenset[str],
        fold: bool,
        signatures: dict[str, object],
    ) -> None:
        self.trace, self.level, self.fold, self.signatures = trace, level, fold, signatures
        self.opened, self.closed = opened, closed
        self.items: list[Box | Group | None] = []

    def view(self, root: Group) -> View:
        self._members(root)
        box_of = {i: item.id for item in self.items if isinstance(item, Box) for i in item.layers}
        box_of.update({-1 - number: f"input:{number}" for number in range(len(self.trace.program.inputs))})
        pairs = ((box_of[a], box_of[b]) for a, b in self.trace.edges)
        edges = dict.fromkeys((a, b) for a, b in pairs if a != b)
        return View(self.level, tuple(self.items), tuple(edges))

    def _members(self, group: Group) -> None:
        run: list[Group] = []
        for member in group.members:
            if isinstance(member, Group):
                if run and not (self.fold and self._follows(member, run[-1])):
                    self._run(run)
                    run = []
                run.append(member)
                continue
            self._run(run)
            run = []
            scope = self.trace.program.operations[member].scope
            leaf = scope.rpartition(".")[2].partition("#")[0] if scope != group.path else ""
            self.items.append(Box(f"node:{member}", (member,), module=leaf))
        self._run(run)

    def _run(self, run: list[Group]) -> None:
        """Equal consecutive groups as one box, unless one of them is to be open."""
        if len(run) > 1 and not any(group.path in self.opened for group in run):
            layers = tuple(i for group in run for i in group.layers())
            self.items.append(Box(f"fold:{run[0].path}", layers, tuple(run)))
            return
        for group in run:
            is_open = group.level <= self.level and group.path not in self.closed
            if is_open or group.path in self.opened:
                self.items.append(group)
                self._members(group)
                self.items.append(None)
            else:
                self.items.append(Box(f"block:{group.path}", tuple(group.layers()), (group,)))

    def _follows(self, group: Group, before: Group) -> bool:
        """Whether a group does the same again with what the one before made; branches side by side do not."""
        if self._signature(before) != self._signature(group):
            return False
        made = set(before.layers())
        return any(not made.isdisjoint(self.trace.layers[i].inputs) for i in group.layers())

    def _signature(self, group: Group) -> object:
        """What a group does, and on tensors of which size: equal for equal groups."""
        known = self.signatures.get(group.path)
        if known is None:
            indexes = tuple(group.layers())
            first = indexes[0]
            layers = [self.trace.layers[i] for i in indexes]
            known = self.signatures[group.path] = tuple(
                (
                    layer.operation.scope.removeprefix(group.path),
                    layer.op,
                    layer.arguments,
                    layer.output_shapes,
                    tuple(i - first if i >= first else "outside" for i in layer.inputs),
                )
                for layer in layers
            )
        return known


def depth(group: Group) -> int:
    """How many groups are nested in each other, this one not counted when it is the root."""
    return max((depth(m) for m in group.members if isinstance(m, Group)), default=group.level)
