"""What gradio keeps for each session, and how it is let go.

gradio keeps the outcome of an event until its session's stream is read, the state of a session while there are few
others, and the names of both for good. There is no public way to let go of either: this is the one module that knows
where they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from gradio.routes import App


class KeptByGradio:
    """What a gradio app keeps, as ``rag.interfaces.http.sessions`` asks for it.

    :param app: As ``gr.mount_gradio_app`` mounts it.
    """

    def __init__(self, app: App) -> None:
        self._states = app.state_holder
        self._queue = app.get_blocks()._queue

    def ids(self) -> Iterable[str]:
        """Sessions that have a state, or something to fetch."""
        queue = self._queue
        return {*self._states.session_data, *queue.pending_messages_per_session, *queue.pending_event_ids_session}

    def waiting(self, session: str) -> int:
        """Events that are not over, or whose last message was not read."""
        return len(self._queue.pending_event_ids_session.get(session, ()))

    async def drop(self, session: str) -> None:
        """End what still runs, and drop messages."""
        await self._queue.clean_events(session_hash=session)
        self._queue.pending_messages_per_session.pop(session, None)
        self._queue.pending_event_ids_session.pop(session, None)

    async def forget(self, session: str) -> None:
        """End what still runs, and drop messages and state."""
        await self.drop(session)
        with self._states.lock:
            self._states.session_data.pop(session, None)
            self._states.time_last_used.pop(session, None)
