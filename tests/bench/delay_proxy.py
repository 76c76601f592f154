# SPDX-License-Identifier: Apache-2.0
"""A long and narrow line, since the kernel may not be able to pretend one.

    with DelayProxy(port, rtt_s=0.1, bits_per_s=100e6) as line:
        ...  # talk to line.port instead of port
        print(line.up_bytes)

Either direction is one line that all connections share, first come, first served. A connection
costs a round trip before its first byte. Congestion windows are not pretended: each connection is
as fast at once as the line allows.
"""

import asyncio
import contextlib
import threading

CHUNK = 16 * 1024
AHEAD_S = 0.02  # how much may stand in line before the sender has to wait


class Line:
    """One direction. What is sent leaves when everything before it has left."""

    def __init__(self, delay_s, bytes_per_s):
        self.delay_s = delay_s
        self.bytes_per_s = bytes_per_s
        self.free_at = 0.0
        self.sent = 0

    def leaves_at(self, count, now):
        self.free_at = max(self.free_at, now) + count / self.bytes_per_s
        self.sent += count
        return self.free_at

    async def carry(self, reader, writer):
        """From one end to the other, until the end of what comes in."""
        clock = asyncio.get_running_loop().time
        under_way = asyncio.Queue()
        delivery = asyncio.create_task(deliver(under_way, writer))
        try:
            while data := await reader.read(CHUNK):
                leaves = self.leaves_at(len(data), clock())
                under_way.put_nowait((leaves + self.delay_s, data))
                await sleep_until(leaves - AHEAD_S)
        except ConnectionError:
            pass  # the other end gets to see a close
        under_way.put_nowait((clock() + self.delay_s, b""))
        await delivery


async def sleep_until(when):
    wait = when - asyncio.get_running_loop().time()
    if wait > 0:
        await asyncio.sleep(wait)


async def deliver(under_way, writer):
    try:
        while True:
            when, data = await under_way.get()
            await sleep_until(when)
            if not data:
                break
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


class DelayProxy:
    """Listens on a free port of loopback, in a thread of its own."""

    def __init__(self, target_port, rtt_s, bits_per_s):
        self._target_port = target_port
        self._rtt_s = rtt_s
        self._up = Line(rtt_s / 2, bits_per_s / 8)
        self._down = Line(rtt_s / 2, bits_per_s / 8)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.port = None

    def __enter__(self):
        self._thread.start()
        opened = asyncio.start_server(self._meet, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(opened, self._loop).result()
        self.port = server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, kind, value, trace):
        asyncio.run_coroutine_threadsafe(self._drop_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def up_bytes(self):
        return self._up.sent

    async def _meet(self, reader, writer):
        await asyncio.sleep(self._rtt_s)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        with contextlib.suppress(asyncio.CancelledError):  # the block is over
            await asyncio.gather(self._up.carry(reader, far_writer),
                                 self._down.carry(far_reader, writer))

    async def _drop_all(self):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
