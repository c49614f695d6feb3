"""`chappe work`: a process that polls and sends, and answers nobody."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from api import workers
from api.cli.ending import first, when_told
from api.cli.session import errors, run
from api.cli.up import begun
from api.metrics.serving import worker_page
from api.serving import RuntimeServing
from api.wiring import runtime_of
from engine.run.agree import keep_time
from engine.runtime import spare_collector
from engine.store import migrate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from api.settings import Settings
    from engine.runtime import Runtime

app = typer.Typer(add_completion=False)


@app.command()
def work(
    *,
    drain: Annotated[
        bool, typer.Option("--drain", help="Let the workers of this machine finish what they do and end; wait for it.")
    ] = False,
) -> None:
    """Run a worker: it polls and sends, beside as many others as you start, on as many machines.

    It needs CHAPPE_DISPATCH=distributed and a PostgreSQL database. SIGTERM or Ctrl-C ends it: it takes nothing new, and
    what is being sent finishes, or is parked as doubtful, within 20 seconds.

    Example: chappe work

    Example: chappe work --drain
    """
    settings = begun()
    workers.refuse_alone(settings, "work")
    run(_drained(settings) if drain else _worked(settings))


async def _worked(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM; raises what ended the work otherwise."""
    await migrate.check(settings.database_url)
    runtime = runtime_of(settings)
    with workers.announced(settings.data_dir), when_told() as told:
        async with AsyncExitStack() as ends:  # the last one is called first
            await ends.enter_async_context(worker_page(settings, _reasons(runtime), runtime.core))
            ends.push_async_callback(runtime.stop)  # meanwhile the page says that it is not ready
            await keep_time(runtime.core)
            spare_collector()
            await runtime.start()
            errors.print(f"Chappe works as {runtime.core.worker}.  (Ctrl-C ends it)", soft_wrap=True)
            await first(told.wait(), runtime.broken())
            errors.print("Ending: what is being sent finishes first. Ctrl-C again ends at once.")
    errors.print("Ended.")


def _reasons(runtime: Runtime) -> Callable[[], Awaitable[Sequence[str]]]:
    """Return how a worker is asked why it cannot do its work."""
    core = runtime.core
    asked = RuntimeServing(core.store, core.vault, runtime.schedule, core.clock, lambda: runtime.working, core.registry)
    return asked.reasons


async def _drained(settings: Settings) -> None:
    """Let every worker of this machine end, one after the other, so that the others take over what is left."""
    found = workers.living(settings.data_dir)
    for worker in found:
        if not worker.is_here:
            errors.print(f"Process {worker.pid} on {worker.host} is another machine's: end it there.", soft_wrap=True)
            continue
        await workers.drain(worker)
        errors.print(f"Process {worker.pid} has ended.")
    if not found:
        errors.print(f"No worker runs from {settings.data_dir}.", soft_wrap=True)
