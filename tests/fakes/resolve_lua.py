"""Lua inside the fake Resolve: a real LuaJIT with what free 21.1 and later take away taken away.

    lua = LuaResolve(fake)
    lua.run('return resolve:GetProductName()')      a chunk or a Path, to its end; what it returns
    with lua.started(path):                          a menu script in a thread of its own
        ...                                          write request.lua, read fake.prefs.path

In the sandbox (facts/resolve.md, section 2) only what the facts promise is left: the `resolve`
object (`app` and `fusion` too), loadfile, bmd.wait, bmd.fileexists, fusion:SetPrefs, :SavePrefs and
Lua's own words without io, os.execute, require, package, ffi, debug, bmd.readfile and UIManager;
print says nothing. Objects answer to `object:Method(...)`, lists count from 1, None is nil.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lupa import luajit21

from .resolve import FakeResolve, Fusion, Handle, surface

ANSWERS_ONLY = frozenset({"SetPrefs", "SavePrefs"})
"""What is left of `fusion` in the sandbox."""
QUICK = 0.002
"""Seconds that bmd.wait really waits at most, so that tests are quick."""
PRELUDE = """
return function(ask, find)
local behind = setmetatable({}, {__mode = "k"})
local meta = {__metatable = false}
function meta.__index(object, name)
    local kind, value = find(behind[object], name)
    if kind == "value" then return value end
    if kind ~= "method" then return nil end
    return function(this, ...)
        local handle = behind[this]
        if handle == nil then error(name .. " needs object:" .. name .. "(...)", 2) end
        return ask(handle, name, select("#", ...), ...)
    end
end
local function object(handle)
    local made = setmetatable({}, meta)
    behind[made] = handle
    return made
end
local function handle_of(made) return behind[made] end
return object, handle_of
end
"""
SANDBOX = """
local kept_os = {time = os.time, clock = os.clock, date = os.date, difftime = os.difftime}
local kept = {
    "_VERSION", "assert", "error", "getmetatable", "ipairs", "loadfile", "math", "next", "pairs",
    "pcall", "rawequal", "rawget", "rawset", "select", "setmetatable", "string", "table",
    "tonumber", "tostring", "type", "unpack", "xpcall",
}
local wanted = {_G = _G, os = kept_os, print = function() end}
for _, name in ipairs(kept) do wanted[name] = _G[name] end
for name in pairs(_G) do _G[name] = wanted[name] end
"""


class ResolveGone(RuntimeError):
    """The program has quit, or a test's script waited too long."""


class LuaResolve:
    """One Lua state in which the fake's objects live."""

    def __init__(
        self,
        fake: FakeResolve,
        *,
        sandboxed: bool | None = None,
        on_wait: Callable[[], None] | None = None,
        most_waits: int = 5000,
    ) -> None:
        self.fake, self.on_wait, self.most_waits, self.waits = fake, on_wait, most_waits, 0
        free = not fake.knobs.studio and fake.knobs.build >= (21, 1)
        self.sandboxed = free if sandboxed is None else sandboxed
        self.failure: str = ""
        self._lua = luajit21.LuaRuntime(unpack_returned_tuples=True, register_eval=False)
        prepare = self._lua.execute(PRELUDE)
        self._object, self._handle = prepare(self._ask, self._find)
        self._furnish()

    def run(self, script: str | Path) -> Any:
        """Run a chunk, or a file, to its end; Lua's errors arrive as `lupa` errors."""
        text = script.read_text(encoding="utf-8") if isinstance(script, Path) else script
        if self.fake.knobs.mac_app_store:
            return None
        return self._to_python(self._lua.execute(text))

    @contextmanager
    def started(self, script: str | Path) -> Iterator[threading.Thread]:
        """Run a script from the menu beside the test; quits the fake at the end."""
        thread = threading.Thread(target=self._guarded, args=(script,), daemon=True)
        thread.start()
        try:
            yield thread
        finally:
            self.fake.quit()
            thread.join(10)

    def _guarded(self, script: str | Path) -> None:
        try:
            self.run(script)
        except (ResolveGone, luajit21.LuaError) as error:
            self.failure = str(error)

    def _furnish(self) -> None:
        room = self._lua.globals()
        if self.sandboxed:
            self._lua.execute(SANDBOX)
        room["python"] = None
        resolve = self._to_lua(self.fake.app())
        room["resolve"], room["app"] = resolve, resolve
        room["fusion"] = room["fu"] = self._to_lua(Fusion(self.fake))
        bmd = {"wait": self._wait, "fileexists": lambda path: Path(path).is_file()}
        if not self.sandboxed:
            bmd["readfile"] = lambda path: self._to_lua(self._lua.execute(Path(path).read_text()))
        room["bmd"] = self._lua.table_from(bmd)

    def _wait(self, seconds: float = 0) -> None:
        self.waits += 1
        if not self.fake.running or self.waits > self.most_waits:
            raise ResolveGone("Resolve has quit" if not self.fake.running else "waited too often")
        if self.on_wait is not None:
            self.on_wait()
        time.sleep(min(float(seconds), QUICK))

    def _find(self, handle: Handle, name: str) -> tuple[str, Any]:
        """What a name is on an object: ("method", None), ("value", it), or ("", None) for nil."""
        left = not (self.sandboxed and isinstance(handle, Fusion)) or name in ANSWERS_ONLY
        if not left or name not in surface(type(handle), self.fake.knobs.build):
            return "", None
        found = getattr(handle, name)
        return ("method", None) if callable(found) else ("value", found)

    def _ask(self, handle: Handle, name: str, count: int, *arguments: Any) -> Any:
        given = [self._to_python(one) for one in arguments[:count]]
        return self._to_lua(getattr(handle, name)(*given))

    def _to_lua(self, value: Any) -> Any:
        if isinstance(value, Handle):
            return self._object(value)
        if isinstance(value, dict):
            return self._lua.table_from({key: self._to_lua(one) for key, one in value.items()})
        if isinstance(value, list | tuple):
            return self._lua.table_from([self._to_lua(one) for one in value])
        return value

    def _to_python(self, value: Any) -> Any:
        """A Lua table as an object, a list (1..n, also when empty) or a dictionary."""
        if isinstance(value, tuple):
            return tuple(self._to_python(one) for one in value)
        if luajit21.lua_type(value) != "table":
            return value
        handle = self._handle(value)
        if handle is not None:
            return handle
        pairs = {key: self._to_python(one) for key, one in value.items()}
        if set(pairs) == set(range(1, len(pairs) + 1)):
            return [pairs[number] for number in sorted(pairs)]
        return pairs
