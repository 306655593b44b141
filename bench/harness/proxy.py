#!/usr/bin/python3
"""A TCP proxy on 127.0.0.1 that hands bytes on later: a server far away. Each direction waits half of the round trip.
Threads, because their sleep is exact to 0.1 ms.

proxy.py PORT_OF_SERVER ROUND_TRIP_MS     prints its own port, serves until it is ended"""
import queue
import socket
import sys
import threading
import time


def carry(source, sink, delay):
    waiting = queue.Queue()

    def send():
        while True:
            due, data = waiting.get()
            if (rest := due - time.perf_counter()) > 0:
                time.sleep(rest)
            try:
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
            except OSError:
                return

    threading.Thread(target=send, daemon=True).start()
    while True:
        try:
            data = source.recv(1 << 18)
        except OSError:
            data = b""
        waiting.put((time.perf_counter() + delay, data))
        if not data:
            return


def main():
    port, delay = int(sys.argv[1]), float(sys.argv[2]) / 2000
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", port))
        for side in (client, server):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=carry, args=(source, sink, delay), daemon=True).start()


if __name__ == "__main__":
    main()
